"""Disks that run full under load, in each way once; disk_full.py does it more often."""
import disk_full
import fault
import tap

fault.check(disk_full, "a full volume: mail is put off, what was accepted is delivered, and mail "
            "is taken again with room")
tap.done()
