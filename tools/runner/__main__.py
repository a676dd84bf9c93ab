"""./test: builds and runs every test, or a part. See ../../test for its arguments."""
import argparse
import subprocess
import sys

import builds
import fuzzing
import scripts
import servers
import simulation
import units
from commands import PROJECT
from selection import Selection, choices
from tally import Tally

sys.path.insert(0, str(PROJECT / "tools"))
import tidy  # noqa: E402


def run_tidy(tally, rules=None):
    tally.stage("tidy")
    scripts.unittests(tally, "tidy's own tests", PROJECT / "tools" / "tidy")
    scripts.unittests(tally, "the runner's own tests", PROJECT / "tools" / "runner")
    for rule, findings in tidy.check(PROJECT, rules).items():
        tally.add(f"tidy {rule}", 0 if findings else 1, findings)


def run_fast(tally):
    run_tidy(tally)
    if builds.build(tally, "asan", "units"):
        tally.stage("unit tests, AddressSanitizer and UBSan (no servers)")
        units.run(tally, "asan", env=servers.no_postgres())


def run_all(tally):
    run_tidy(tally)
    built = {"release": builds.build(tally, "release", "posthouse"),
             "asan": builds.build(tally, "asan", "units", "fuzzers", "ph_simulation"),
             "tsan": builds.build(tally, "tsan", "units_threaded")}
    tally.stage("the build and the tools")
    servers.fetch()
    scripts.run(tally, "house")
    if built["asan"]:
        tally.stage("unit tests, AddressSanitizer and UBSan")
        units.run(tally, "asan", env=servers.postgres())
    if built["tsan"]:
        tally.stage("unit tests of threaded folders, ThreadSanitizer")
        units.run(tally, "tsan", only=[f for f in units.folders() if f in units.THREADED],
                  env=servers.postgres())
    if built["asan"]:
        tally.stage(f"fuzz targets, {fuzzing.SECONDS} s each")
        fuzzing.run(tally)
        tally.stage(f"simulation, as many seeds as fit {simulation.SECONDS} s")
        simulation.run(tally)
    if built["release"]:
        servers.clients()
        for kind in scripts.OF_THE_BINARY:
            tally.stage(f"tests/{kind}")
            scripts.run(tally, kind)


def run_selected(tally, chosen):
    if chosen.rules:
        run_tidy(tally, chosen.rules)
    if chosen.house:
        servers.fetch()
        scripts.run(tally, "house", chosen.house)
    if chosen.fuzz and builds.build(tally, "asan", *chosen.fuzz):
        fuzzing.run(tally, chosen.fuzz)
    if chosen.simulation and builds.build(tally, "asan", "ph_simulation"):
        simulation.run(tally)
    if chosen.folders or chosen.words:
        servers.fetch()
        targets = [f"ph_{f}_test" for f in chosen.folders] or ["units"]
        if builds.build(tally, "asan", *targets):
            units.run(tally, "asan", chosen.folders or None, chosen.words, servers.postgres())
    if chosen.scripts and builds.build(tally, "release", "posthouse"):
        servers.fetch()
        servers.clients()
        for kind, chosen_scripts in chosen.scripts.items():
            scripts.run(tally, kind, chosen_scripts)


def main():
    parser = argparse.ArgumentParser(prog="./test")
    parser.add_argument("--fast", action="store_true", help="the one-minute subset")
    parser.add_argument("--list", action="store_true", help="what NAME can be")
    parser.add_argument("name", nargs="?", help="one test")
    arguments = parser.parse_args()
    if arguments.list:
        print("\n".join(choices()))
        return 0
    tally = Tally()
    try:
        if arguments.name:
            run_selected(tally, Selection(arguments.name))
        elif arguments.fast:
            run_fast(tally)
        else:
            run_all(tally)
    except subprocess.CalledProcessError as error:
        tally.add("preparation", failures=[f"{error.cmd[0]} ended with {error.returncode}"])
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
