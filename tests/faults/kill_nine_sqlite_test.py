"""kill -9 under load on SQLite, the short way; kill_nine.py is the long one."""
import kill_nine
import tap

kill_nine.check("sqlite", rounds=14)
tap.done()
