"""What the ledger, the sink and the server's own words say together about a world (world.py)."""
import collections
import contextlib
import dataclasses
import http.client
import statistics

from fault import Row

# Seconds. The next life, or the next owner, sends what was open after more than these only.
ON_ITS_WAY = 10


@dataclasses.dataclass
class Figures:
    engine: str
    seed: int
    rounds: int
    kills: int = 0
    kills_before_ready: int = 0
    sigterms: int = 0
    stalls: int = 0
    acked_messages: int = 0
    acked_recipients: int = 0
    acked_by_door: dict = dataclasses.field(default_factory=dict)
    lost: int = 0
    not_final: int = 0
    state_and_sink_differ: int = 0
    damaged: int = 0
    unacked_half: int = 0
    open_at_kills: int = 0
    duplicates_open_at_kill: int = 0
    duplicates_after_sigterm: int = 0
    duplicates_unexplained: int = 0
    duplicates_after_report: int = 0
    third_copies: int = 0
    waiting: int = 0  # recipients of mails that were held because one was cut twice
    repeats: int = 0
    repeats_with_two_messages: int = 0
    start_median: float = 0
    start_most: float = 0
    fsck_runs: int = 0
    fsck_findings: int = 0
    examples: list = dataclasses.field(default_factory=list)

    def text(self):
        n = max(self.acked_recipients, 1)
        return [
            f"engine {self.engine}, seed {self.seed}: {self.rounds} rounds: {self.kills} kill -9"
            f" under load, {self.kills_before_ready} before ready, {self.sigterms} SIGTERM,"
            f" {self.stalls} stopped beyond the lease",
            f"acknowledged {self.acked_messages} messages, {self.acked_recipients} recipients ("
            + ", ".join(f"{door} {count}" for door, count in sorted(self.acked_by_door.items()))
            + ")",
            f"lost {self.lost} (below {3 / n:.1e} at 95 %), without a final state"
            f" {self.not_final}, state and sink differ {self.state_and_sink_differ}, damaged"
            f" {self.damaged}, not acknowledged and half there {self.unacked_half}",
            f"deliveries open at the kills {self.open_at_kills}; second copies of those"
            f" {self.duplicates_open_at_kill}, after SIGTERM {self.duplicates_after_sigterm},"
            f" unexplained {self.duplicates_unexplained}, after a report of delivery"
            f" {self.duplicates_after_report}; third copies {self.third_copies}",
            f"requests sent again with the same key {self.repeats}, of which made two messages"
            f" {self.repeats_with_two_messages}",
            f"exec to ready: median {self.start_median:.2f} s, most {self.start_most:.2f} s;"
            f" fsck {self.fsck_runs} times, findings {self.fsck_findings}",
        ]

    def row(self, fault, made):
        """As a row of the table of docs/design/durability.md."""
        out = Row(fault, self.engine, made=made, seeds=[self.seed])
        out.acked, out.lost = self.acked_recipients, self.lost
        out.copies_open = self.duplicates_open_at_kill
        out.copies_other = self.duplicates_unexplained + self.duplicates_after_sigterm
        out.third_copies, out.back = self.third_copies, self.start_most
        out.fsck_runs, out.fsck_findings = self.fsck_runs, self.fsck_findings
        if self.waiting:
            out.also["cut twice, wait at the end"] = self.waiting
        for name in WRONG:
            if getattr(self, name):
                out.wrong.append(f"{name} {getattr(self, name)}")
        if out.wrong:
            out.wrong += self.examples[:5]
        return out


# What no fault may bring.
WRONG = ("lost", "not_final", "state_and_sink_differ", "damaged", "unacked_half",
         "duplicates_after_sigterm", "duplicates_unexplained", "duplicates_after_report",
         "third_copies", "repeats_with_two_messages", "fsck_findings")


WAITING = ("held", "queued")  # of a mail that was held


class Judge:
    """Of one world."""

    def __init__(self, world):
        self.world, self.watcher, self.copies = world, world.watcher, world.sink.copies()
        self.held = {message for message, _ in world.cut_twice}
        self.messages = {}
        self.figures = Figures("postgresql" if world.house.settings.get("store.url") else "sqlite",
                               world.seed, 0)

    def wrong(self, name, what):
        setattr(self.figures, name, getattr(self.figures, name) + 1)
        if len(self.figures.examples) < 20:
            self.figures.examples.append(f"{name}: {what}")

    def judge(self):
        figures, world = self.figures, self.world
        kinds = collections.Counter(cut.kind for cut in world.cuts)
        figures.kills_before_ready = kinds["again"] // 2
        figures.kills = kinds["kill"] + kinds["stall"] + kinds["again"] // 2
        figures.sigterms, figures.stalls = kinds["term"], kinds["stall"]
        figures.rounds = len(world.starts)
        figures.start_median = statistics.median(world.starts or [0])
        figures.start_most = max(world.starts, default=0)
        figures.fsck_runs, figures.fsck_findings = world.fsck_runs, len(world.fsck_findings)
        figures.examples += [f"fsck: {finding}" for finding in world.fsck_findings[:5]]
        before = set()
        figures.seed = world.seed
        for cut in world.cuts:  # those that only waited are no news
            figures.open_at_kills += len(cut.open - before)
            before = cut.open
        self.acknowledged()
        self.unacknowledged()
        return figures

    def acknowledged(self):
        figures, entries = self.figures, self.world.ledger.acknowledged()
        figures.acked_messages = len(entries)
        figures.acked_by_door = collections.Counter(entry.door for entry in entries)
        connection = http.client.HTTPConnection("127.0.0.1", self.world.house.http_port,
                                                timeout=30)
        with contextlib.closing(connection):
            self.each_acknowledged(connection, entries)

    def each_acknowledged(self, connection, entries):
        figures, messages = self.figures, self.world.messages(connection)
        self.messages = messages
        for entry in entries:
            figures.acked_recipients += len(entry.to)
            figures.repeats += entry.tries > 1
            there = messages[entry.subject]
            if len(there) > 1:
                self.wrong("repeats_with_two_messages", f"{entry.subject} {there}")
            if not there or (entry.door != "tencent" and entry.answer not in there):
                self.wrong("lost", f"{entry.subject} {entry.answer}")
                continue
            states = {r["address"]: r["state"]
                      for r in self.world.ask(connection, there[0])["recipients"]}
            for index, address in enumerate(entry.to):
                self.recipient((there[0], index), address, states.get(address))

    def recipient(self, key, address, state):
        copies = self.copies.get(address, [])
        never = address.startswith("never-")
        if state in WAITING and key[0] in self.held:
            self.figures.waiting += 1
        elif state is None or (not copies and not never):
            self.wrong("lost", f"{key[0]} {address} {state}")
        elif state not in ("delivered", "bounced", "expired", "cancelled"):
            self.wrong("not_final", f"{key[0]} {address} {state}")
        elif state != ("bounced" if never else "delivered"):
            self.wrong("state_and_sink_differ", f"{key[0]} {address} {state}")
        if not all(copy.whole for copy in copies):
            self.wrong("damaged", f"{key[0]} {address}")
        if len({copy.message_id for copy in copies}) > 1:
            self.wrong("repeats_with_two_messages", f"{address}: copies of two messages")
        if len(copies) > 1:
            self.duplicate(key, address, copies)

    def duplicate(self, key, address, copies):
        if len(copies) > 2:
            self.wrong("third_copies", f"{key[0]} {address} {len(copies)}")
        first, second = copies[0], copies[1]
        reported = self.watcher.delivered.get(address)
        if reported and any(copy.at > reported for copy in copies[1:]):
            self.wrong("duplicates_after_report", f"{key[0]} {address}")
        # The first cut after the first copy was its last chance to be open.
        cut = next((cut for cut in self.world.cuts if cut.at > first.at), None)
        if self.was_on_its_way(key, first):
            self.figures.duplicates_open_at_kill += 1
        elif cut is None or cut.at > second.at:
            self.wrong("duplicates_unexplained", f"{key[0]} {address} within one life")
        elif cut.kind == "term":
            self.wrong("duplicates_after_sigterm", f"{key[0]} {address}")
        elif key not in cut.open:
            self.wrong("duplicates_unexplained", f"{key[0]} {address} was not open")
        else:
            self.figures.duplicates_open_at_kill += 1

    def was_on_its_way(self, key, copy):
        """Open at the last cut before it was noted: a receiver that has much to do takes its bytes
        from the kernel after that."""
        cut = next((cut for cut in reversed(self.world.cuts) if cut.at <= copy.at), None)
        return (cut is not None and cut.kind == "kill" and key in cut.open
                and copy.at - cut.at < ON_ITS_WAY)

    def unacknowledged(self):
        """All recipients of such a mail, or none."""
        for entry in self.world.ledger.entries:
            if entry.answer:
                continue
            if self.held.intersection(self.messages.get(entry.subject, [])):
                continue
            wanted = [a for a in entry.to if not a.startswith("never-")]
            got = [a for a in wanted if a in self.copies]
            if got and len(got) < len(wanted):
                self.wrong("unacked_half", f"{entry.door} {entry.to}")
            for address in got:
                if len(self.copies[address]) > 2:
                    self.wrong("third_copies", f"{entry.door} {address}")
