"""The deterministic simulation: as many seeds as fit, each a run of the product on one thread with
simulated clock, network and disk (docs/design/simulation.md)."""
import re

import commands
import units
from builds import DIRECTORIES

SECONDS = 70
# Fewer seeds than this in SECONDS, on two processes, is a simulation that simulates nothing.
FEWEST_SEEDS = 20
# Some seeds run twice: what happens must be the same.
TWICE = "1..25"
LAST = re.compile(r"^(\d+) seeds, (\d+) failed, (\d+) steps", re.M)
PARTS = 2


def run(tally, seconds=SECONDS):
    program = str(DIRECTORIES["asan"] / "simulation" / "ph_simulation")
    seeds = []

    def one(line):
        done = commands.run([program, *line], seconds + 120, units.SANITIZERS)
        passed, failures = judge(done, seconds + 120)
        seeds.append(passed)
        tally.add(f"simulation {' '.join(line)}", 1 if not failures else 0, failures, done.output)

    one(["--seeds", TWICE, "--twice"])
    seeds.clear()
    commands.each(one, [["--seconds", str(seconds), "--part", f"{part}/{PARTS}"]
                        for part in range(PARTS)])
    tally.note(f"{sum(seeds)} seeds")
    if sum(seeds) < FEWEST_SEEDS:
        tally.add("simulation", failures=[f"ran fewer than {FEWEST_SEEDS} seeds"])


def judge(done, limit):
    """How many seeds were run, and a sentence for each that broke a promise."""
    last = LAST.search(done.output)
    failures = re.findall(r"^FAILED (seed \d+)$", done.output, re.M)
    if not failures and (done.how(limit) or not last):
        failures = [done.how(limit) or "printed no count of seeds"]
    return int(last.group(1)) if last else 0, failures
