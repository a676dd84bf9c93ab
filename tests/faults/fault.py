"""The face that all faults of this folder have, and the row that each gives.

A fault is a module with

    NAME                        its row in the table of docs/design/durability.md
    SIZES                       {engine: (size of the short form, size of the long one)}
    run(engine, size, seed)     does it, and gives a Row

where a size is how often it is done. table.py runs them all and prints the table; NAME_test.py runs
the short form.
"""
import dataclasses
import json
import time

import tap

ENGINES = ("sqlite", "postgresql")


class Skipped(Exception):
    """The machine does not allow it; says why."""


@dataclasses.dataclass
class Row:
    fault: str
    engine: str
    made: int = 0            # how often the fault was made
    acked: int = 0           # recipients acknowledged
    lost: int = 0
    copies_open: int = 0     # second copies of deliveries that were open
    copies_other: int = 0
    third_copies: int = 0
    back: float = 0          # seconds until mail is taken again, the most
    fsck_runs: int = 0
    fsck_findings: int = 0
    seeds: list = dataclasses.field(default_factory=list)
    wrong: list = dataclasses.field(default_factory=list)   # empty: it holds
    also: dict = dataclasses.field(default_factory=dict)    # further counts
    seconds: float = 0

    def count(self, name, number=1):
        self.also[name] = self.also.get(name, 0) + number

    def cells(self):
        bound = f" ({3 / self.acked:.0e})" if self.acked else ""
        also = "; ".join(f"{name} {_short(number)}" for name, number in self.also.items())
        return [self.fault, {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[self.engine],
                self.made, f"{self.acked:,}", f"{self.lost}{bound}",
                f"{self.copies_open} / {self.copies_other}", self.third_copies,
                f"{self.back:.1f} s" if self.back else "",
                f"{self.fsck_runs} / {self.fsck_findings}", also]

    def add(self, other):
        """One more run of the same fault on the same engine."""
        for field in ("made", "acked", "lost", "copies_open", "copies_other", "third_copies",
                      "fsck_runs", "fsck_findings", "seconds"):
            setattr(self, field, getattr(self, field) + getattr(other, field))
        self.back = max(self.back, other.back)
        self.seeds += other.seeds
        self.wrong += other.wrong
        for name, number in other.also.items():
            self.count(name, number)


def _short(number):
    return f"{number:.2f}" if isinstance(number, float) else f"{number:,}"


HEAD = ["fault", "engine", "times", "acknowledged", "lost (95 %)", "second copies: open / other",
        "third", "back within", "fsck: runs / findings", "also"]


def table(rows):
    """Markdown."""
    lines = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def timed(module, engine, size, seed):
    begun = time.monotonic()
    row = module.run(engine, size, seed)
    row.seconds = time.monotonic() - begun
    return row


def check(module, sentence, seed=20260101):
    """The short form on both engines, as a test."""
    for engine, (size, _) in module.SIZES.items():
        if not size:  # it takes long, or is the same on both
            continue
        with tap.check(f"{engine}: {sentence}"):
            try:
                row = timed(module, engine, size, seed)
            except Skipped as why:
                tap.skip(str(why))
                continue
            tap.note(", ".join(f"{name} {value}" for name, value in zip(HEAD, row.cells())))
            tap.note(f"took {row.seconds:.0f} s")
            tap.equal(row.wrong, [])


def to_json(row):
    return json.dumps(dataclasses.asdict(row))


def from_json(text):
    return Row(**json.loads(text))
