"""The runner counts right: a failure is never taken for a pass."""
import contextlib
import io
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import commands  # noqa: E402
import fuzzing  # noqa: E402
import scripts  # noqa: E402
import simulation  # noqa: E402
import units  # noqa: E402
from tally import Tally  # noqa: E402

DOCTEST = """[doctest] test cases:  {} |  {} passed | {} failed | 0 skipped
[doctest] assertions: 9 | 9 passed | 0 failed |
"""


def ended(output, status=0, timed_out=False):
    return commands.Finished(status, output, timed_out)


class Doctest(unittest.TestCase):
    def test_passes_are_counted(self):
        self.assertEqual(units.judge(ended(DOCTEST.format(4, 4, 0))), (4, []))

    def test_failed_cases_are_named(self):
        output = "TEST CASE:  a name has a length\nx\n" + DOCTEST.format(4, 3, 1)
        self.assertEqual(units.judge(ended(output, 1)), (3, ["a name has a length"]))

    def test_a_crash_is_a_failure(self):
        passed, failures = units.judge(ended("TEST CASE:  a name\n", -6))
        self.assertEqual((passed, failures), (0, ['killed by SIGABRT in "a name"']))

    def test_a_bad_status_after_a_good_summary_is_a_failure(self):
        self.assertEqual(len(units.judge(ended(DOCTEST.format(4, 4, 0), 23))[1]), 1)

    def test_a_binary_without_cases_is_a_failure(self):
        self.assertEqual(len(units.judge(ended(DOCTEST.format(0, 0, 0)))[1]), 1)
        self.assertEqual(units.judge(ended(DOCTEST.format(0, 0, 0)), "words"), (0, []))

    def test_a_hanging_binary_is_a_failure(self):
        self.assertIn("did not end", units.judge(ended("", -15, True))[1][0])

    def test_skips_are_said(self):
        self.assertEqual(units.skips("x\nSKIPPED: PostgreSQL (none)\n"
                                     "[doctest] test cases: 1 | 0 skipped\n"),
                         ["SKIPPED: PostgreSQL (none)"])


class Scripts(unittest.TestCase):
    def test_checks_are_counted(self):
        self.assertEqual(scripts.judge(ended("ok - a\nok - b\n")), (2, []))
        self.assertEqual(scripts.judge(ended("ok - a\nnot ok - b: no\n", 1)), (1, ["b: no"]))

    def test_a_script_that_checks_nothing_or_breaks_off_has_failed(self):
        self.assertEqual(len(scripts.judge(ended(""))[1]), 1)
        self.assertEqual(len(scripts.judge(ended("ok - a\n", 1))[1]), 1)
        self.assertEqual(len(scripts.judge(ended("ok - a\n", -15, True))[1]), 1)


class SecondRuns(unittest.TestCase):
    def judged(self, done, second):
        """The last line and the status after a first run that ended as `done`."""
        tally, shown = Tally(), io.StringIO()
        unsteady = commands.Unsteady(tally)
        with contextlib.redirect_stdout(shown):
            _, failures = scripts.judge(done)
            if not unsteady.take("x", failures, done, lambda: tally.add("x", *second)):
                tally.add("x", 0, failures)
            unsteady.settle()
            status = tally.finish()
        return status, shown.getvalue()

    def test_the_second_run_decides_and_the_first_is_named(self):
        status, shown = self.judged(ended("not ok - a: too late\n", 1), (1, []))
        self.assertEqual(status, 0)
        self.assertIn("Failed in a first run", shown)
        self.assertIn("x: a: too late", shown)
        self.assertEqual(self.judged(ended("not ok - a\n", 1), (0, ["a"]))[0], 1)

    def test_a_report_or_a_crash_is_final(self):
        for done in (ended("WARNING: ThreadSanitizer: data race\nnot ok - a\n", 1),
                     ended("ERROR: AddressSanitizer: heap-use\nnot ok - a\n", 1),
                     ended("x.cpp:3:1: runtime error: overflow\nnot ok - a\n", 1),
                     ended("posthouse: CHECK failed: x\nnot ok - a\n", 1),
                     ended("not ok - a\n", -6)):
            self.assertEqual(self.judged(done, (1, []))[0], 1)


class Fuzz(unittest.TestCase):
    def test_a_run_counts_when_it_tried_enough(self):
        self.assertEqual(fuzzing.judge(ended("stat::number_of_executed_units: 9000\n"), 1), (1, []))
        self.assertEqual(len(fuzzing.judge(ended("stat::number_of_executed_units: 3\n"), 1)[1]), 1)
        self.assertEqual(len(fuzzing.judge(ended("", -6), 1)[1]), 1)


class Simulation(unittest.TestCase):
    def test_seeds_are_counted_and_a_broken_promise_is_named(self):
        good = "12 seeds, 0 failed, 900 steps, 3.0 s, 4.0 seeds/s\n"
        self.assertEqual(simulation.judge(ended(good), 1), (12, []))
        bad = "FAILED seed 7\n  x is lost\n12 seeds, 1 failed, 900 steps, 3.0 s, 4.0 seeds/s\n"
        self.assertEqual(simulation.judge(ended(bad, 1), 1), (12, ["seed 7"]))
        self.assertEqual(len(simulation.judge(ended("", -6), 1)[1]), 1)
        self.assertEqual(len(simulation.judge(ended(""), 1)[1]), 1)


class Totals(unittest.TestCase):
    def finish(self, *results):
        tally, shown = Tally(), io.StringIO()
        with contextlib.redirect_stdout(shown):
            for passed, failures in results:
                tally.add("x", passed, failures)
            status = tally.finish()
        return status, shown.getvalue().splitlines()[-1]

    def test_the_last_line_and_the_status_agree(self):
        self.assertEqual(self.finish((3, []), (2, [])), (0, "5 passed, 0 failed"))
        self.assertEqual(self.finish((3, []), (2, ["a", "b"])), (1, "5 passed, 2 failed"))

    def test_no_test_at_all_is_a_failure(self):
        self.assertEqual(self.finish(), (1, "0 passed, 1 failed"))


class Commands(unittest.TestCase):
    def test_a_program_that_hangs_is_ended_with_its_children(self):
        done = commands.run(["sh", "-c", "echo begun; sleep 100 & sleep 100"], 0.5)
        self.assertTrue(done.timed_out)
        self.assertEqual(done.output, "begun\n")


if __name__ == "__main__":
    unittest.main()
