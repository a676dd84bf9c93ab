"""kill -9 under load on PostgreSQL, the short way; kill_nine.py is the long one."""
import kill_nine
import tap

kill_nine.check("postgresql", rounds=12)
tap.done()
