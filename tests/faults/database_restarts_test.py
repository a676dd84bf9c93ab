"""PostgreSQL restarts under load, three times; database_restarts.py does it more often."""
import database_restarts
import fault
import tap

fault.check(database_restarts, "the database restarts: nothing acknowledged is lost, and mail is "
            "taken again")
tap.done()
