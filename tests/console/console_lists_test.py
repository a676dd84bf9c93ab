"""Habits that people expect of the console's lists, on an installation of 100,000 messages; and
what its first look costs."""
import sqlite3

import browser
import tap
from ports import wait_for
from posthouse import Posthouse

MANY = 100_000


def copies(db, table, given, source, seed):
    """Rows of `table` like the one that `source` finds, each earlier by a millisecond of its id."""
    rest = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})") if name not in given]
    names, values = [*given, *rest], [*given.values(), *(f"old.{name}" for name in rest)]
    db.execute(f"""INSERT INTO {table} ({', '.join(names)})
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
        SELECT {', '.join(values)} FROM n, {table} old WHERE {source}""", (seed,))


def fill(house):
    """So many delivered messages, as old as their ids say: one by one they would take minutes."""
    earlier = "- n.i * 4194304"
    with sqlite3.connect(house.data / "posthouse.db") as db:
        (seed,) = db.execute("SELECT max(id) FROM message").fetchone()
        copies(db, "message", {"id": f"old.id {earlier}", "subject": "'Message ' || n.i",
                               "created_at": "old.created_at - n.i * 1000"}, "old.id = ?", seed)
        copies(db, "recipient", {"message_id": f"old.message_id {earlier}"},
               "old.message_id = ? AND old.idx = 0", seed)
    db.close()


def first_mail(house, token):
    """One delivered mail, of which the others are copies."""
    for path, body in (("domains", {"name": "seed.sandbox.example"}),
                       ("domains/seed.sandbox.example/publish", None),
                       ("domains/seed.sandbox.example/verify", None),
                       ("addresses", {"address": "a@seed.sandbox.example"}),
                       ("messages", {"from": "a@seed.sandbox.example", "to": ["a@example.com"],
                                     "subject": "seed", "text": "x"})):
        status, answer = house.post(f"/api/v1/{path}", body, token)
        tap.true(status < 300, f"{path}: {status} {answer}")
    wait_for("its delivery", lambda: house.get(f"/api/v1/messages/{answer['id']}", token)[1]
             ["state"] == "delivered", 30)


def main():
    browser.ready()
    with Posthouse("quickstart") as house:
        known = browser.first_start(house)
        with tap.check(f"an installation of {MANY} messages"):
            token = known["token"]
            first_mail(house, token)
            house.stop()
            fill(house)
            house.start()
        ended = browser.run("budget.mjs", house.url, *known["owner"])
        ended = browser.run("lists.mjs", house.url, *known["owner"], token, MANY) and ended
    with tap.check("all of it went to its end"):
        tap.true(ended, "see above")
    tap.done()


main()
