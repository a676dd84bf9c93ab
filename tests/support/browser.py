"""tests/console: scripts of a browser against the release binary, with what they need.

    browser.ready()
    browser.run("road.mjs", house.url, email, password, "en")   # its `ok -` lines become ours
"""
import os
import pathlib
import re
import signal
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
    node = subprocess.Popen(["node", str(CONSOLE / script), *map(str, arguments)], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            start_new_session=True)
    try:
        output, error = node.communicate(timeout=SECONDS)
        status = node.returncode
    except subprocess.TimeoutExpired:
        # Chromium would run on: it is a child of node's, in the same group or in one of its own.
        for group in groups_below(node.pid):
            kill_group(group)
        output, _ = node.communicate()
        status, error = -1, f"did not end within {SECONDS} s"
    print(output, end="")
    if status != 0:
        last = " ".join(error.split("\n")[-12:])[-600:]
        print(f"not ok - {script} runs to its end: {last}")
    return status == 0 and "not ok - " not in output


def groups_below(pid):
    """The process groups of a process and of all that it started, innermost first."""
    children = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name in brackets may hold anything.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append((int(stat.parent.name), int(fields[2])))
    groups, todo = [pid], [pid]
    while todo:
        for child, group in children.get(todo.pop(), []):
            todo.append(child)
            if group not in groups:
                groups.append(group)
    return groups[::-1]


def kill_group(group):
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def first_start(house):
    """What the first start printed: {"operator": (email, password), "owner": …, "token": …}."""
    words = "\n".join(house.output)
    people = {role: re.search(rf"{role}\b.*?(\S+@\S+)\s+password (\S+)", words).groups()
              for role in ("operator", "owner")}
    return {**people, "token": re.search(r"API key\s+(\S+)", words).group(1)}
