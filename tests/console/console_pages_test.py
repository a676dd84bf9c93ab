"""Every page of the console with hostile strings in every field that it shows: nothing is executed,
reported or asked elsewhere; and every page judged by axe. A directory as argument gets a picture of
each page at two widths in both languages."""
import sys

import browser
import tap
from posthouse import Posthouse


def main():
    browser.ready()
    with Posthouse("quickstart") as house:
        known = browser.first_start(house)
        if not sys.argv[1:]:
            ended = browser.run("hostile.mjs", house.url, *known["owner"], known["token"])
        else:
            ended = browser.run("road.mjs", house.url, *known["owner"], "en")
        ended = browser.run("tour.mjs", house.url, *known["operator"], *sys.argv[1:]) and ended
    with tap.check("all of it went to its end"):
        tap.true(ended, "see above")
    tap.done()


main()
