"""A device that refuses a sync: nothing is acknowledged for it, and the next start has everything
that was (sync_fails.py)."""
import fault
import sync_fails
import tap

fault.check(sync_fails, "a sync fails: nothing was acknowledged that is not durable, and the next "
            "start has it all")
tap.done()
