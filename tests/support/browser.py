"""tests/console: scripts of a browser against the release binary, with what they need.

    browser.ready()
    browser.run("road.mjs", house.url, email, password, "en")   # its `ok -` lines become ours
"""
import pathlib
import re
import subprocess

PROJECT = pathlib.Path(__file__).resolve().parents[2]
CONSOLE = PROJECT / "tests" / "console"
SECONDS = 240


def ready():
    """Debian's Chromium and the packages of tests/console, where they are missing."""
    subprocess.run([str(PROJECT / "tools" / "packages"), "install", "browser"], check=True)
    lock, done = CONSOLE / "package-lock.json", CONSOLE / "node_modules/.package-lock.json"
    if not done.exists() or done.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run([str(PROJECT / "tools" / "npm"), "ci", str(CONSOLE)], check=True)
        done.touch()


def run(script, *arguments):
    """Its lines as ours; what ends badly is a failed check."""
    try:
        done = subprocess.run(["node", str(CONSOLE / script), *map(str, arguments)], text=True,
                              capture_output=True, timeout=SECONDS, check=False)
        status, output, error = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, error = -1, f"did not end within {SECONDS} s"
        output = (late.stdout or b"").decode() if isinstance(late.stdout, bytes) else ""
    print(output, end="")
    if status != 0:
        last = " ".join(error.split("\n")[-12:])[-600:]
        print(f"not ok - {script} runs to its end: {last}")
    return status == 0 and "not ok - " not in output


def first_start(house):
    """What the first start printed: {"operator": (email, password), "owner": …, "token": …}."""
    words = "\n".join(house.output)
    people = {role: re.search(rf"{role}\b.*?(\S+@\S+)\s+password (\S+)", words).groups()
              for role in ("operator", "owner")}
    return {**people, "token": re.search(r"API key\s+(\S+)", words).group(1)}
