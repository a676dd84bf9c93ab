"""Mail through the relay listener, committed, signed and delivered; beside Postfix in the same run.

    bench/relay.py [--count N] [--only signed,unsigned,own,large,postfix] [--keep]

Source and sink are Postfix' smtp-source and smtp-sink, on the same cores; for `own` they are
bench/relay_load.cpp, which leaves us more of them. Each variant gets a short
load first that is not counted. `own CPU` is all of the server's threads; a signature is what
`openssl speed` needs, before and after; `nominal` counts one as 255 µs.
"""
import argparse
import os
import pathlib
import resource
import sys
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / "bench/support"), str(PROJECT / "tests/support")]

import generators  # noqa: E402
import measure  # noqa: E402
import ports  # noqa: E402
import relays  # noqa: E402

LARGE = 100 * 1024
WARM_UP = 400


class Run:
    """One variant's figures."""

    def __init__(self, name, load, sent, cpu):
        self.name, self.load, self.cpu = name, load, cpu
        self.rate_in = load.mails / sent.accepted_seconds
        self.rate_through = load.mails / sent.delivered_seconds
        self.per_mail = cpu.total / load.mails if cpu else None


def generators_cpu(sink):
    """Seconds of the sink and of every source that has ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return measure.family_cpu(sink.pid) + ended.ru_utime + ended.ru_stime


def measured(name, relay, load, sink):
    warm = generators.Load(WARM_UP, load.octets, load.sessions, load.keep)
    generators.send(relay.port, warm, sink)
    before = relay.cpu()
    generators_before = generators_cpu(sink)
    sent = generators.send(relay.port, load, sink)
    run = Run(name, load, sent, relay.cpu() - before)
    run.generators = (generators_cpu(sink) - generators_before) / load.mails
    print(f"# {name}: {run.rate_in:.0f}/s in, {run.rate_through:.0f}/s through", flush=True)
    return run


def with_sink(relay_of, name, load):
    with generators.Sink() as sink, relay_of(sink.port) as relay:
        return measured(name, relay, load, sink)


def generators_alone(load):
    """Source straight into sink: what the two leave of the machine."""
    with generators.Sink() as sink:
        before = measure.family_cpu(sink.pid)
        sent = generators.send(sink.port, load, sink)
        cpu = measure.family_cpu(sink.pid) - before
        run = Run("source into sink", load, sent, None)
        run.sink_cpu = cpu / load.mails
        return run


def disk_rate(octets=LARGE, seconds=2):
    """Octets a second of appends of one mail each, synced in groups of eight."""
    with tempfile.NamedTemporaryFile(dir=tempfile.gettempdir()) as file:
        data, written, began = os.urandom(octets) * 8, 0, time.monotonic()
        while time.monotonic() < began + seconds:
            written += os.write(file.fileno(), data)
            os.fdatasync(file.fileno())
        return written / (time.monotonic() - began)


def small(options, wanted):
    load = generators.Load(options.count, options.octets, options.sessions, options.keep)
    few = generators.Load(max(options.count // 5, 200), options.octets, options.sessions,
                          options.keep)
    runs = {}
    if "signed" in wanted:
        runs["signed"] = with_sink(lambda port: relays.posthouse(port), "posthouse, signed", load)
    if "unsigned" in wanted:
        runs["unsigned"] = with_sink(lambda port: relays.posthouse(port, signed=False),
                                     "posthouse, unsigned", load)
    if "postfix" in wanted:
        runs["opendkim"] = with_sink(lambda port: relays.postfix(port, signed=True),
                                     "Postfix with OpenDKIM", few)
        runs["postfix"] = with_sink(relays.postfix, "Postfix, unsigned", few)
    return runs


def print_small(runs, signature):
    rows = []
    for run in runs.values():
        worth = run.per_mail / signature
        rows.append([run.name, run.load.mails, f"{run.rate_in:.0f}/s", f"{run.rate_through:.0f}/s",
                     measure.micros(run.per_mail), f"{worth:.2f}",
                     measure.micros(worth * measure.NOMINAL_SIGNATURE),
                     measure.micros(run.generators)])
    measure.table(["4 KB mails", "mails", "in", "through", "own CPU a mail", "signatures",
                   "nominal", "source and sink"], rows)
    ratios = [("signed", "opendkim"), ("unsigned", "postfix")]
    for ours, theirs in ratios:
        if ours in runs and theirs in runs:
            a, b = runs[ours], runs[theirs]
            print(f"{a.name} / {b.name}: {a.rate_in / b.rate_in:.1f} times the rate in, "
                  f"{a.rate_through / b.rate_through:.1f} through, "
                  f"1/{b.per_mail / a.per_mail:.1f} of the CPU")


def print_threads(runs):
    names = sorted({name for run in runs for name, used in run.cpu.threads.items()
                    if used / run.load.mails > 0.5e-6})
    rows = [[run.name] + [measure.micros(run.cpu.threads[name] / run.load.mails)
                          for name in names] for run in runs]
    measure.table(["CPU a mail by thread", *names], rows)


def own_load(options, signed):
    """Mail of our own generator: what the relay makes of the cores that are left to it."""
    sink_port = ports.free_port()
    load = generators.Load(options.count, options.octets, options.sessions, keep=True)
    with (relays.posthouse(sink_port, signed=signed) as relay,
          generators.own(relay.port, sink_port, load, WARM_UP) as go):
        before = relay.cpu()
        sent = go()
        run = Run("signed" if signed else "unsigned", load, sent, relay.cpu() - before)
        run.load_cpu = sent.cpu / load.mails
        return run


def print_own(runs, signature):
    cores, rows = os.cpu_count(), []
    for run in runs:
        left = cores - run.rate_through * run.load_cpu
        rows.append([run.name, f"{run.rate_in:.0f}/s", f"{run.rate_through:.0f}/s",
                     measure.micros(run.per_mail), f"{run.per_mail / signature:.2f}",
                     measure.micros(run.load_cpu), f"{left / signature:.0f}/s",
                     f"{run.rate_through * signature / left:.2f}"])
    measure.table(["own generator, kept connections", "in", "through", "own CPU a mail",
                   "signatures", "generator's CPU", "signatures of the cores left", "reached"],
                  rows)


def large(options):
    count = max(options.count // 20, 100)
    load = generators.Load(count, LARGE, options.sessions, options.keep)
    ours = with_sink(lambda port: relays.posthouse(port, signed=False),
                     "posthouse, 100 KB, unsigned", load)
    signed = with_sink(lambda port: relays.posthouse(port), "posthouse, 100 KB, signed", load)
    alone = generators_alone(load)
    disk = disk_rate()
    rows = [[run.name, f"{run.rate_in:.0f}/s", f"{run.rate_in * LARGE / 1e6:.0f} MB/s",
             measure.micros(run.per_mail) if run.per_mail else ""]
            for run in (ours, signed, alone)]
    rows.append(["disk: 800 KB appended and synced", "", f"{disk / 1e6:.0f} MB/s", ""])
    measure.table(["100 KB mails", "in", "octets", "own CPU a mail"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--count", type=int, default=6000)
    parser.add_argument("--octets", type=int, default=4096)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--keep", action="store_true", help="one connection for many mails")
    parser.add_argument("--only", default="signed,unsigned,own,large,postfix")
    options = parser.parse_args()
    wanted = set(options.only.split(","))
    first = measure.signature_seconds()
    runs = small(options, wanted)
    owns = [own_load(options, signed) for signed in (True, False)] if "own" in wanted else []
    signature = (first + measure.signature_seconds()) / 2
    other = measure.signature_seconds(features=measure.WITHOUT_ADX)
    print(f"a signature: {measure.micros(signature)} as OpenSSL chooses its code, "
          f"{measure.micros(other)} without ADX; sessions in: {options.sessions}, "
          f"{'kept open' if options.keep else 'one for each mail'}")
    if runs:
        print_small(runs, signature)
    if owns:
        print_own(owns, signature)
    print_threads([run for name, run in runs.items() if name in ("signed", "unsigned")] + owns)
    if "large" in wanted:
        large(options)


if __name__ == "__main__":
    main()
