"""The road that the guide tells, walked in both languages, and the guide in the console. With
--keep the pictures go to docs/guide, for the next build."""
import pathlib
import sys
import tempfile

import browser
import tap
from posthouse import PROJECT, Posthouse


def main():
    browser.ready()
    ended = True
    with tempfile.TemporaryDirectory() as scratch:
        for language in ("en", "zh"):
            pictures = pathlib.Path(scratch, language)
            if "--keep" in sys.argv[1:]:
                pictures = PROJECT / "docs/guide" / language / "pictures"
            with Posthouse("quickstart") as house:
                owner = browser.first_start(house)["owner"]
                ended = browser.run("guide.mjs", house.url, *owner, language, pictures) and ended
    with tap.check("all of it went to its end"):
        tap.true(ended, "see above")
    tap.done()


main()
