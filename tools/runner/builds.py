"""The three builds, one after the other, never two at once."""
import subprocess

from commands import PROJECT

DIRECTORIES = {name: PROJECT / "build" / name for name in ("release", "asan", "tsan")}


def build(tally, name, *targets):
    """Builds targets of build/NAME with their progress shown; a failure is a failed test."""
    tally.stage(f"build/{name}: {' '.join(targets)}")
    done = subprocess.run([str(PROJECT / "tools" / "build"), name, *targets], cwd=PROJECT,
                          check=False)
    if done.returncode != 0:
        tally.add(f"build/{name}", failures=["does not build"])
    return done.returncode == 0
