"""What a test script prints: `ok - sentence` or `not ok - sentence: why`, one line a check.

    import tap

    with tap.check("a mail for an unknown address is refused"):
        tap.equal(reply.code, 550)

    tap.done()

A check that raises has failed, and the script goes on with the next. tap.done() ends the script,
with status 1 where a check failed or none ran. tests/house and tests/scenario are such scripts.
"""
import contextlib
import sys
import traceback

_passed = 0
_failed = 0


@contextlib.contextmanager
def check(sentence):
    """Everything inside belongs to one sentence."""
    global _passed, _failed
    try:
        yield
    except Exception as error:  # any failure of a check is that check's
        _failed += 1
        why = " ".join((str(error) or type(error).__name__).split())
        print(f"not ok - {sentence}: {why[:500]}", flush=True)
        for line in traceback.format_exception(error):
            print("\n".join(f"#   {part}" for part in line.rstrip().splitlines()), flush=True)
    else:
        _passed += 1
        print(f"ok - {sentence}", flush=True)


def equal(found, wanted, what=""):
    if found != wanted:
        raise AssertionError(f"{what + ': ' if what else ''}{found!r} instead of {wanted!r}")


def true(condition, what):
    if not condition:
        raise AssertionError(what)


def contains(found, part, what=""):
    if part not in found:
        raise AssertionError(f"{what + ': ' if what else ''}{part!r} is not in {found!r:.800}")


def raises(kind, work):
    """Runs `work`, which must raise `kind`, and gives the error."""
    try:
        work()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def skip(sentence):
    """Says plainly what cannot be tested here."""
    print(f"# skipped: {sentence}", flush=True)


def note(words):
    print(f"# {words}", flush=True)


def done():
    if not _passed and not _failed:
        print("not ok - the script checks something: it checked nothing")
        sys.exit(1)
    sys.exit(1 if _failed else 0)
