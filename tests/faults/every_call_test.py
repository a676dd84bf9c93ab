"""A system call fails, once: nothing acknowledged is lost, the server neither crashes nor hangs,
and the next start works. A sample; every_call.py has all."""
import every_call
import fault
import tap

fault.check(every_call, "one system call fails, and the next start has all that was acknowledged")
tap.done()
