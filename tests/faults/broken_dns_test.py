"""DNS broken in thirty ways while mail flows (broken_dns.py)."""
import broken_dns
import fault
import tap

fault.check(broken_dns, "broken DNS: only an authoritative absence bounces, all else waits")
tap.done()
