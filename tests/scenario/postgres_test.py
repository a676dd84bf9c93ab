"""The first mail with PostgreSQL 15 as the store: the same way, the same answers, and a restart of
either side in between."""
import first_mail
import tap
from postgres import Postgres
from posthouse import Posthouse

DOMAIN = "pg.sandbox.example"


def send(house, sender, to):
    return house.post("/api/v1/messages", {"from": sender.address, "to": to, "subject": "by pg",
                                           "text": "hello"}, sender.token)


def main():
    with Postgres() as database:
        with Posthouse("quickstart", settings={"store.url": database.url}) as house:
            scenario(house, database)
            house.stop()
            with tap.check("fsck finds nothing"):
                tap.equal(house.verb("fsck"), {"findings": []})
    tap.done()


def scenario(house, database):
    sender = first_mail.newcomer(house, DOMAIN)
    with tap.check("a mail by REST is delivered, signed"):
        status, accepted = send(house, sender, ["a@pg.example", "b@pg.example"])
        tap.equal(status, 202, str(accepted))
        sender.wait_for_state(accepted["id"], "delivered")
        for to in ("a@pg.example", "b@pg.example"):
            first_mail.check_signatures(sender.mail_to(to), sender.records)
    with tap.check("one Idempotency-Key gives one mail here too"):
        body = {"from": sender.address, "to": ["once@pg.example"], "subject": "s", "text": "t"}
        key = {"Idempotency-Key": "pg-1"}
        first = house.post("/api/v1/messages", body, sender.token, key)
        tap.equal(first[0], 202, str(first))
        tap.equal(house.post("/api/v1/messages", body, sender.token, key), first)
        sender.wait_for_state(first[1]["id"], "delivered")
        sender.mail_to("once@pg.example")
    with tap.check("bounce@ and defer@ behave, and a restart goes on"):
        _, bounced = send(house, sender, ["bounce@pg.example"])
        sender.wait_for_state(bounced["id"], "failed")
        _, deferred = send(house, sender, ["defer@pg.example"])
        first_mail.wait_for("an attempt", lambda: sender.message(
            deferred["id"])["recipients"][0]["attempts"])
        house.restart()
        tap.equal(sender.message(deferred["id"])["state"], "queued")
        _, again = send(house, sender, ["again@pg.example"])
        sender.wait_for_state(again["id"], "delivered")
    with tap.check("mail is accepted again after PostgreSQL itself was restarted"):
        database.restart()

        def accepted():
            status, answer = send(house, sender, ["back@pg.example"])
            tap.true(status in (202, 503), f"{status} {answer}")
            return answer["id"] if status == 202 else None
        sender.wait_for_state(first_mail.wait_for("an accepted mail", accepted), "delivered")


main()
