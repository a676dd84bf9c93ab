"""Nothing is acknowledged before it is durable, by the kernel's own account: 500 accepts by three
doors under strace (ack_order.py)."""
import ack_order
import fault
import tap

fault.check(ack_order, "500 accepts, each acknowledged after its sync, and directories of new "
            "files synced before the first")
tap.done()
