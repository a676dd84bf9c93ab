"""opendkim-testmsg over many messages, in the network namespace that txt_server.py makes.

    opendkim_batch.py JOBS RESULTS PROGRAM

A line of JOBS is a JSON array, ["verify", FILE]. RESULTS gets a JSON array with a string a job: ""
when the signature holds, else what was said.
"""
import concurrent.futures
import json
import pathlib
import subprocess
import sys


def run(job):
    _, file = job
    with open(file, "rb") as mail:
        done = subprocess.run([sys.argv[3], "-C", "-t", str(pathlib.Path(file).parent)], stdin=mail,
                              capture_output=True, timeout=60, check=False)
    said = (done.stdout + done.stderr).decode(errors="replace").strip()
    return "" if done.returncode == 0 and not said else said or f"ended with {done.returncode}"


def main():
    jobs = [json.loads(line) for line in pathlib.Path(sys.argv[1]).read_text().splitlines()]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, jobs))
    pathlib.Path(sys.argv[2]).write_text(json.dumps(results))


main()
