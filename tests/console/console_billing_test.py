"""What a customer costs and is allowed, in a real browser: registered, identified, activated, out
of free mails, granted, paying, suspended and acted for."""
import browser
import tap
from posthouse import Posthouse


def main():
    browser.ready()
    with Posthouse("quickstart") as house:
        ended = browser.run("billing.mjs", house.url, *browser.first_start(house)["operator"])
    with tap.check("all of it went to its end"):
        tap.true(ended, "see above")
    tap.done()


main()
