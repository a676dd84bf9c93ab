"""Programs of bench/ that are built beside the release binary.

    subprocess.run([programs.path("api_load"), "--port", "8080"])
"""
import os
import pathlib
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]
BUILT = pathlib.Path(os.environ.get("POSTHOUSE_BENCH", PROJECT / "build/release/bench"))


def path(name):
    """Of bench_NAME; built where it is not there yet."""
    program = BUILT / f"bench_{name}"
    if not program.exists():
        subprocess.run([PROJECT / "tools/build", "release", f"bench_{name}"], check=True,
                       stdout=subprocess.DEVNULL)
    return str(program)
