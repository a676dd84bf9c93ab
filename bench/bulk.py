#!/usr/bin/python3 -B
"""A bulk send: how fast rows become messages, what a mail of it costs beside one that was sent by
itself, and what other senders notice of it.

Four measurements in one run. Single sends at a steady rate (bench/api_load.cpp), first alone and
then while a job of so many rows expands, delivery suspended: their p99, with and without. Then a
job and as many single sends of the same text, signed and delivered to smtp-sink: mails a second and
our own CPU of each.

    bench/bulk.py [--rows 30000] [--rate 500] [--mails 3000]
"""
import argparse
import concurrent.futures
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "tests/support"),
                str(Path(__file__).resolve().parent / "support")]

import generators  # noqa: E402
import measure  # noqa: E402
import programs  # noqa: E402
import relays  # noqa: E402
from ports import wait_for  # noqa: E402

LINES = {"Content-Type": "application/x-ndjson"}
BLOCK = "A line of the text that everybody gets, with no name in it at all. "


def job_of(rows, octets):
    """Lines of a job whose mails have about so many octets of text."""
    content = {"from": f"app@{relays.DOMAIN}", "subject": "Your order {{order}}",
               "text": "Dear {{name}},\n" + (BLOCK * 40 + "\n")[:octets] + "\n{{order}}\n"}
    yield json.dumps(content)
    for number in range(rows):
        yield json.dumps({"to": f"Name {number} <r{number}@receiver.example>",
                          "data": {"name": f"Name {number}", "order": number}})


def begin(house, token, rows, octets):
    body = "\n".join(job_of(rows, octets)).encode()
    watch = time.monotonic()
    status, answer = house.post("/api/v1/messages/bulk", body, token, LINES)
    if status != 202:
        raise RuntimeError(f"the upload was refused: {answer}")
    return answer["id"], time.monotonic() - watch


def decided(house, token, job, rows):
    """Seconds until all rows are decided."""
    watch = time.monotonic()

    def done():
        page = house.get("/api/v1/messages/bulk?limit=1", token)[1]["items"]
        return page[0]["id"] == job and page[0]["decided"] == rows
    wait_for("all rows to be decided", done, 600)
    return time.monotonic() - watch


def load(house, token, options, seconds):
    line = [programs.path("api_load")]
    for name, value in {"port": house.http_port, "connections": 16, "seconds": seconds,
                        "text": options.text, "token": token, "rate": options.rate}.items():
        line += [f"--{name}", str(value)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def beside_singles(options):
    """Single sends alone, and beside a job that expands."""
    with relays.ready_house({}) as house:
        token = relays.prepare(house)
        house.verb("queue", "suspend")
        load(house, token, options, 1)
        alone = load(house, token, options, options.seconds)
        before = measure.process_cpu(house.pid)
        job, taken = begin(house, token, options.rows, options.text)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            singles = pool.submit(load, house, token, options, options.seconds)
            expanded = decided(house, token, job, options.rows)
            beside = singles.result()
        both = measure.process_cpu(house.pid) - before
    return {"alone": alone, "beside": beside, "taken": taken, "expanded": expanded,
            "cpu": both.total}


def delivered(options, bulk):
    """So many mails, as a job or one by one: (mails a second, own CPU of one)."""
    with generators.Sink() as sink, relays.ready_house(
            {"delivery.routes": relays.route_to(sink.port)}) as house:
        token = relays.prepare(house)
        before, watch = measure.process_cpu(house.pid), time.monotonic()
        if bulk:
            begin(house, token, options.mails, options.text)
            wanted = options.mails
        else:
            one = argparse.Namespace(**{**vars(options), "rate": 1e6})
            wanted = load(house, token, one, 3)["accepted"]
        wait_for("all mails to be delivered", lambda: sink.mails >= wanted, 300)
        seconds = time.monotonic() - watch
        return wanted / seconds, (measure.process_cpu(house.pid) - before).total / wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=30000, help="of the job beside single sends")
    parser.add_argument("--rate", type=float, default=500, help="single sends a second")
    parser.add_argument("--seconds", type=float, default=8, help="of single sends")
    parser.add_argument("--mails", type=int, default=3000, help="delivered, of each kind")
    parser.add_argument("--text", type=int, default=1000, help="octets of a mail's text")
    options = parser.parse_args()
    got = beside_singles(options)
    bulk_rate, bulk_cpu = delivered(options, bulk=True)
    single_rate, single_cpu = delivered(options, bulk=False)
    signature = measure.signature_seconds()
    measure.table(["single sends", "a second", "p50 ms", "p99 ms", "p99.9 ms", "most ms"],
                  [[name, f"{one['accepted'] / one['seconds']:.0f}", one["p50"], one["p99"],
                    one["p999"], one["most"]]
                   for name, one in (("alone", got["alone"]),
                                     ("beside a job that expands", got["beside"]))])
    print()
    measure.table(
        ["", "figure", "of"],
        [["upload, durable", f"{options.rows / got['taken']:.0f} rows/s",
          f"{options.rows} rows, the 202 after {got['taken']:.2f} s"],
         ["expansion beside single sends", f"{options.rows / got['expanded']:.0f} rows/s",
          f"{options.rate:.0f} single sends/s"],
         ["p99 beside, of alone", f"{got['beside']['p99'] / got['alone']['p99']:.2f}",
          f"{got['alone']['p99']} ms"],
         ["delivered as a job", f"{bulk_rate:.0f}/s",
          f"{bulk_rate / single_rate:.2f} of {single_rate:.0f}/s one by one"],
         ["own CPU of a mail of a job", measure.micros(bulk_cpu),
          f"{bulk_cpu / single_cpu:.2f} of {measure.micros(single_cpu)} one by one"],
         ["the same, in signatures", f"{bulk_cpu / signature:.2f}", measure.micros(signature)]])


if __name__ == "__main__":
    main()
