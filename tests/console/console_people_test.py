"""The people of an account in a real browser: sign-up by mail, second factor, sessions, a user with
a policy, the audit log, and the identity verification with its review."""
import browser
import tap
from posthouse import Posthouse


def sender_of_its_own(house, token):
    """The system's own mails go out from a verified domain of the first account."""
    for path, body in (("domains", {"name": "post.sandbox.example"}),
                       ("domains/post.sandbox.example/publish", None),
                       ("domains/post.sandbox.example/verify", None),
                       ("addresses", {"address": "no-reply@post.sandbox.example"})):
        status, answer = house.post(f"/api/v1/{path}", body, token)
        tap.true(status < 300, f"{path}: {status} {answer}")
    house.verb("setting", "set", "system.sender", "no-reply@post.sandbox.example")


def main():
    browser.ready()
    with Posthouse("quickstart") as house:
        known = browser.first_start(house)
        with tap.check("an installation where anybody may sign up, and has to prove who he is"):
            sender_of_its_own(house, known["token"])
            house.verb("setting", "set", "registration.mode", "open")
            house.verb("setting", "set", "identity.mode", "required")
        ended = browser.run("people.mjs", house.url, known["token"], *known["operator"])
    with tap.check("all of it went to its end"):
        tap.true(ended, "see above")
    tap.done()


main()
