"""Bounded runs of the fuzz targets, each from its seeds."""
import re
import shutil

import commands
import units
from builds import DIRECTORIES
from commands import PROJECT

SECONDS = 5
# Fewer inputs than this in SECONDS is a target that does something else than read its input.
FEWEST_INPUTS = 200
EXECUTED = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.M)


def targets():
    return sorted(source.stem for source in (PROJECT / "fuzz").glob("*_fuzz.cpp"))


def seeds(target):
    return PROJECT / "fuzz" / "seeds" / target.removesuffix("_fuzz")


def run(tally, only=None, seconds=SECONDS):
    findings = PROJECT / "build" / "fuzz-findings"
    findings.mkdir(parents=True, exist_ok=True)

    def one(target):
        name = f"fuzz {target}"
        if not seeds(target).is_dir() or not any(seeds(target).iterdir()):
            tally.add(name, failures=[f"has no seeds in fuzz/seeds/{seeds(target).name}"])
            return
        # New inputs are tried from and kept in a corpus of the run's own: seeds stay as they are.
        corpus = PROJECT / "build" / "fuzz-corpus" / target
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        line = [str(DIRECTORIES["asan"] / "fuzz" / target), f"-max_total_time={seconds}",
                "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=1",
                f"-artifact_prefix={findings}/{target}-", str(corpus), str(seeds(target))]
        done = commands.run(line, seconds + 120, units.SANITIZERS)
        tally.add(name, *judge(done, seconds + 120), done.output)
        shutil.rmtree(corpus, ignore_errors=True)

    commands.each(one, targets() if only is None else only)


def judge(done, limit):
    executed = EXECUTED.search(done.output)
    if done.how(limit):
        return 0, [f"{done.how(limit)}: the input is in build/fuzz-findings"]
    if not executed or int(executed.group(1)) < FEWEST_INPUTS:
        return 0, [f"tried fewer than {FEWEST_INPUTS} inputs"]
    return 1, []
