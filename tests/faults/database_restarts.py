"""PostgreSQL, with fsync on, is restarted under load as by a crash (`pg_ctl restart -m immediate`):
nothing acknowledged is lost, the server stays up, and takes mail again within five seconds of the
database's being there."""
import contextlib
import time

import ledger
import world
from ports import wait_for
from postgres import Postgres

NAME = "PostgreSQL restarts under load"
SIZES = {"postgresql": (3, 30)}
BACK = 5   # seconds in which mail is taken again


def accepts(here, database):
    database.start()
    begun = time.monotonic()
    known = len(here.ledger.acknowledged())
    wait_for("an acknowledgement", lambda: len(here.ledger.acknowledged()) > known + 4, 30)
    return time.monotonic() - begun


def run(engine, size, seed):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(Postgres(durable=True))
        here = world.enter(stack, engine, seed, store_url=database.url)
        here.begin(ledger.DOORS)
        back = []
        for _ in range(size):
            time.sleep(here.chance.uniform(*world.LIFE))
            database.stop_at_once()
            time.sleep(here.chance.uniform(0, 1))
            back.append(accepts(here, database))
        here.starts = back
        here.finish()
        figures = here.judge()
        row = figures.row(NAME, size)
        row.fsck_runs += 1  # judge() asks once it is over
        row.wrong += here.ledger.complaints[:5]
        if max(back) > BACK:
            row.wrong.append(f"mail was taken again only after {max(back):.1f} s")
        return row
