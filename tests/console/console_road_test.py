"""The console in a real browser: the road to the first mail in both languages; what happens when
a session ends, the server is away or a name is refused."""
import re
import subprocess
import tempfile

import browser
import tap
from posthouse import PROJECT, Posthouse


def headers(house):
    with tap.check("the sign-in page carries a policy without inline script or style"):
        _, page, head = house.request("GET", "/login")
        policy = head["Content-Security-Policy"]
        tap.contains(policy, "script-src 'self'")
        tap.true("unsafe" not in policy, policy)
        tap.equal(head["X-Content-Type-Options"], "nosniff")
        tap.contains(page, "<script type=\"module\"")
    with tap.check("every asset that it names is there, with its length, and kept for ever"):
        names = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page)
        tap.true(names, "it names none")
        for name in names:
            status, _, head = house.request("GET", name)
            tap.equal(status, 200, name)
            tap.true(int(head["Content-Length"]) > 0, name)
            tap.contains(head["Cache-Control"], "immutable")
    with tap.check("an asset that is not there is 404, and the probe of nobody is 200"):
        tap.equal(house.request("GET", "/assets/none.js")[0], 404)
        tap.equal(house.get("/api/v1/session"), (200, {"signed_in": False}))
    with tap.check("the typed client is made of the document that this program serves"):
        with tempfile.NamedTemporaryFile("wb", suffix=".json") as file:
            file.write(house.fetch("/api/v1/openapi.json"))
            file.flush()
            done = subprocess.run(["node", str(PROJECT / "web/scripts/client.mjs"), file.name,
                                   "--check"], capture_output=True, text=True, check=False)
        tap.equal(done.returncode, 0, done.stderr)


def main():
    browser.ready()
    with Posthouse("quickstart") as house:
        owner = browser.first_start(house)["owner"]
        headers(house)
        browser.run("road.mjs", house.url, *owner, "en")
        browser.run("road.mjs", house.url, *owner, "zh")
        browser.run("failures.mjs", house.url, *owner)
    with Posthouse() as house:
        browser.run("setup.mjs", house.url, re.search(r"ph_[\w-]{43}", house.log()).group())
    tap.done()


main()
