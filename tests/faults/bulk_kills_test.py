"""A bulk job under kill -9, on both engines: nobody is skipped, nobody gets two mails, each mail is
rendered of its own row, and an upload that was cut leaves nothing."""
import contextlib
import hashlib
import http.client
import json
import pathlib
import random
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]

import ledger  # noqa: E402
import tap  # noqa: E402
import world  # noqa: E402
from ports import wait_for  # noqa: E402

ROWS = 3000
KILLS = 4
LIFE = (0.05, 0.5)  # seconds
LINES = {"Content-Type": "application/x-ndjson"}


def row(number, chance):
    name, words = f"N{number}", "".join(chance.choices("abcdef ghij", k=40)).strip()
    digest = hashlib.sha256(f"Dear {name},\r\n{words}".encode()).hexdigest()
    return {"to": f"r{number}@d{number % ledger.SITES}.faults.example",
            "data": {"name": name, "words": words, "digest": digest}}


def upload_of(sender, chance):
    content = {"from": sender.address, "subject": "For {{name}}",
               "text": "Dear {{name}},\n{{words}}\n{{digest}}"}
    rows = [row(number, chance) for number in range(ROWS)]
    return rows, "".join(json.dumps(line) + "\n" for line in [content, *rows]).encode()


def begin(here, body):
    status, answer = here.house.post("/api/v1/messages/bulk", body, here.sender.token,
                                     {**LINES, "Idempotency-Key": "one"})
    tap.equal(status, 202, str(answer))
    return answer["id"]


def progress(here, job):
    return here.house.get(f"/api/v1/messages/bulk/{job}", here.sender.token)[1]


def cut_upload(here, body):
    """Half of an upload, and then the server is gone."""
    with contextlib.closing(socket.create_connection(("127.0.0.1", here.house.http_port))) as to:
        to.sendall(f"POST /api/v1/messages/bulk HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}"
                   f"\r\nAuthorization: Bearer {here.sender.token}\r\nContent-Type: "
                   f"{LINES['Content-Type']}\r\n\r\n".encode() + body[:len(body) * 3 // 4])
        time.sleep(0.5)
        here.cut("kill")
    here.start()
    tap.equal(here.house.get("/api/v1/messages/bulk", here.sender.token)[1]["items"], [])


def kills(here, job, chance):
    """Lives that are too short for the whole job; gives in how many of them it was cut."""
    cut = 0
    for _ in range(KILLS):
        time.sleep(chance.uniform(*LIFE))
        with contextlib.suppress(OSError, http.client.HTTPException):
            cut += progress(here, job)["decided"] < ROWS
        here.cut("kill")
        here.start()
    return cut


def pause_in_between(here, job):
    """Paused, killed and started, nothing moves; then it goes on."""
    path = f"/api/v1/messages/bulk/{job}"
    tap.equal(here.house.post(path + "/pause", None, here.sender.token)[1]["state"], "paused")
    here.cut("kill")
    here.start()

    def still():
        seen = progress(here, job)
        return seen["recipients"]["queued"] + seen["recipients"]["deferred"] == 0
    wait_for("all that is queued to be held", still, 60)
    before = progress(here, job)
    time.sleep(1)
    after = progress(here, job)
    tap.equal((after["state"], after["decided"]), ("paused", before["decided"]))
    tap.equal(here.house.post(path + "/resume", None, here.sender.token)[0], 200)


def judge(here, job, rows):
    seen = progress(here, job)
    tap.equal((seen["state"], seen["rows"], seen["accepted"], seen["refused"]),
              ("done", ROWS, ROWS, 0))
    tap.equal(seen["recipients"]["delivered"], ROWS, str(seen["recipients"]))
    copies = here.sink.copies()
    tap.equal({line["to"] for line in rows} - set(copies), set(), "nobody is skipped")
    tap.equal(set(copies) - {line["to"] for line in rows}, set(), "nobody else has mail")
    twice = [to for to, taken in copies.items() if len({one.message_id for one in taken}) > 1]
    tap.equal(twice, [], "two mails for one row")
    tap.equal([to for to, taken in copies.items() if not all(one.whole for one in taken)], [],
              "not rendered of its own row")
    second = sum(len(taken) - 1 for taken in copies.values())
    open_at_kills = sum(len(cut.open) for cut in here.cuts)
    tap.true(second <= open_at_kills, f"{second} second copies, {open_at_kills} open at kills")
    tap.note(f"{len(here.cuts)} kills, {second} second copies of {open_at_kills} open deliveries")


def check(engine):
    chance = random.Random(20260722)
    with contextlib.ExitStack() as stack:
        here = world.enter(stack, engine, 1)
        rows, body = upload_of(here.sender, chance)
        with tap.check(f"{engine}: an upload that a kill cut is no job"):
            cut_upload(here, body)
        with tap.check(f"{engine}: kill -9 in the midst skips nobody and sends nobody two mails"):
            job = begin(here, body)
            cut = kills(here, job, chance)
            tap.true(cut > 0, "no kill came in the midst of the job")
            tap.equal(begin(here, body), job, "the repeated upload")
            pause_in_between(here, job)

            def over():
                here.house.verb("queue", "retry", "--account", world.ACCOUNT)
                return progress(here, job)["recipients"]["delivered"] == ROWS
            wait_for("the whole job to be delivered", over, 120)
            here.over.set()
            judge(here, job, rows)
        with tap.check(f"{engine}: fsck finds nothing after any of the ends"):
            tap.equal(here.fsck_findings, [])
            here.house.stop()
            tap.equal(here.house.verb("fsck"), {"findings": []})


if __name__ == "__main__":
    for name in ("sqlite", "postgresql"):
        check(name)
    tap.done()
