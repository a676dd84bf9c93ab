"""One domain checked over a real DNS and its mail delivered to a real MTA: Knot serves the zones,
the verdict follows its dynamic updates, Postfix receives into a Maildir."""
import email
import email.policy
import re
import shlex

import first_mail
import tap
from knot import Knot
from ports import wait_for
from postfix import Postfix
from posthouse import Posthouse

SENDER, RECEIVER, HOUSE = "sender.example", "receiver.example", "posthouse.example"
ZONES = {
    SENDER: [],
    RECEIVER: ["@ MX 10 mx", "mx A 127.0.0.1"],
    HOUSE: ["mail A 192.0.2.10", 'spf TXT "v=spf1 ip4:192.0.2.10 -all"'],
}

# gone@ is taken, forwarded, and found not to exist: Postfix writes a delivery report.
FORWARDS = {
    "virtual_alias_domains": "",
    "virtual_alias_maps": f"inline:{{{{gone@{RECEIVER} = gone@forwarded.example}}}}",
    "transport_maps": "inline:{{forwarded.example = error:5.1.1 no such user there}}",
}


def settings(dns, receiver):
    return {
        "dns.servers": f"127.0.0.1:{dns.port}",
        "dns.dnssec": "off",
        "delivery.port": receiver.port,
        "delivery.allow_private": True,
        "installation.mail_host": f"mail.{HOUSE}",
        "installation.spf_name": f"spf.{HOUSE}",
        "installation.sending_ips": ["192.0.2.10"],
    }


def quoted(text):
    """A TXT record's data: strings of at most 255 octets."""
    return " ".join(f'"{text[i:i + 255]}"' for i in range(0, len(text), 255))


def lookup(dns):
    """TXT as the DNS has it now, for those who verify signatures."""
    def find(name):
        lines = dns.ask(name, "TXT").splitlines()
        texts = [line.split("TXT", 1)[1] for line in lines if "\tTXT\t" in line or " TXT " in line]
        return "".join(shlex.split(texts[0])) if texts else None
    return find


def main():
    pair = first_mail.certificate("mx." + RECEIVER)
    tls = (f"{pair.name}/cert.pem", f"{pair.name}/key.pem")
    house = Posthouse("serve")
    with pair, Knot(ZONES) as dns, Postfix([RECEIVER], tls=tls, bounces_to=house.inbound_port,
                                           settings=FORWARDS) as receiver:
        house.settings.update(settings(dns, receiver))
        with house:
            key = account(house)
            domain(house, dns)
            house.verb("address", "add", f"hello@{SENDER}", "--name", "Hello")
            delivered(house, dns, receiver, key)
            bounces_later(house, key)
            waits_for_receiver(house, receiver, key)
            house.stop()
            with tap.check("fsck finds nothing"):
                tap.equal(house.verb("fsck"), {"findings": []})
    tap.done()


def account(house):
    with tap.check("an operator makes an account, activates it and makes keys"):
        made = house.verb("account", "create", "acme")
        tap.true(made["id"] and made["name"] == "acme", str(made))
        tap.equal(house.verb("account", "activate", "acme")["state"], "active")
        tap.true(house.verb("key", "create", "--account", "acme", "--kind",
                            "tencent").keys() >= {"secret_id", "secret_key"}, "a tencent key")
    return house.verb("key", "create", "--account", "acme", "--kind", "bearer", "--scope",
                      "full")["token"]


def state_of(house, check):
    judged = house.verb("domain", "check", SENDER)
    return next(r for r in judged["records"] if r["check"] == check and not r.get("optional"))


def follows(house, dns, check, wrong, right):
    """Missing, then wrong, then ok: each right after its update."""
    with tap.check(f"{check}: the verdict follows the zone at once"):
        record = state_of(house, check)
        tap.equal(record["state"], "missing")
        owner, kind = record["host"] + ".", record["type"]
        dns.update(SENDER, add=[f"{owner} 3600 {kind} {wrong}"])
        record = state_of(house, check)
        tap.equal(record["state"], "wrong", record["advice"])
        tap.true(record["found"], "what was found is not shown")
        dns.update(SENDER, delete=[f"{owner} {kind}"])
        tap.equal(state_of(house, check)["state"], "missing")
        dns.update(SENDER, add=[f"{owner} 3600 {kind} {right(record['expected'])}"])
        record = state_of(house, check)
        tap.equal(record["state"], "ok", record["advice"])
        tap.true(0 < record["ttl"] <= 3600, f"ttl {record['ttl']}")


def domain(house, dns):
    added = house.verb("domain", "add", SENDER)
    tap.equal(added["state"], "pending")
    other_key = ("MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdO"
                 "KoBhh2ESY7XYnZcRPUS3k6BDWIQVN5Ty4T4aUT2pnNk8fqUq5kEMo5mnLmPzr7vnCQDbd2QDH4wQ1Bt3"
                 "Ca2nb3wR6A1QMDuuTa0UkZ8gCj8MQ7PIpAWGkvoOqxJTV7QIDAQAB")
    follows(house, dns, "mx", f"10 mail.{RECEIVER}.", lambda value: value + ".")
    follows(house, dns, "dkim", quoted(f"v=DKIM1; k=rsa; p={other_key}"), quoted)
    follows(house, dns, "dmarc", quoted("v=DMARC1; p=everything"), quoted)
    with tap.check("three of four are not enough"):
        tap.equal(house.verb("domain", "verify", SENDER)["state"], "pending")
    follows(house, dns, "spf", quoted("v=spf1 ip4:198.51.100.1 -all"), quoted)
    with tap.check("two SPF records conflict"):
        dns.update(SENDER, add=[f"{SENDER}. 60 TXT {quoted('v=spf1 mx -all')}"])
        tap.equal(state_of(house, "spf")["state"], "conflicting")
        dns.update(SENDER, delete=[f"{SENDER}. TXT {quoted('v=spf1 mx -all')}"])
        tap.equal(state_of(house, "spf")["state"], "ok")
    with tap.check("all four hold: verified"):
        tap.equal(house.verb("domain", "verify", SENDER)["state"], "verified")
    with tap.check("check domain asks the same server and agrees"):
        options = [f"--set={key}={value}" for key, value in (
            ("installation.mail_host", f"mail.{HOUSE}"), ("installation.spf_name", f"spf.{HOUSE}"),
            ("installation.sending_ips", "192.0.2.10"))]
        judged = house.verb("check", "domain", SENDER, "--dns-server", f"127.0.0.1:{dns.port}",
                            *options)
        tap.equal(set(first_mail.states(judged).values()), {"ok"})
    with tap.check("a verified domain whose record goes is failing, and verified when it is back"):
        dns.update(SENDER, delete=[f"_dmarc.{SENDER}. TXT"])
        tap.equal(house.verb("domain", "check", SENDER)["state"], "failing")
        dns.update(SENDER, add=[f"_dmarc.{SENDER}. 60 TXT \"v=DMARC1; p=none\""])
        tap.equal(house.verb("domain", "check", SENDER)["state"], "verified")
    with tap.check("a DNS that does not answer makes a record unknown, never wrong"):
        judged = house.verb("check", "domain", SENDER, "--dkim", "s=AAAA", "--dns-server",
                            "127.0.0.1:1")
        tap.equal(set(first_mail.states(judged).values()), {"unknown"})


def send(house, key, to, subject):
    status, accepted = house.post("/api/v1/messages", {
        "from": f"hello@{SENDER}", "to": [to], "subject": subject,
        "text": "ünïcode\n.dot\n" + "long " * 400, "html": "<p>hi</p>"}, key)
    tap.equal(status, 202, str(accepted))
    return accepted["id"]


def message(house, key, identifier):
    return house.get(f"/api/v1/messages/{identifier}", key)[1]


def wait_for_state(house, key, identifier, state):
    wait_for(f"message {identifier} {state}",
             lambda: message(house, key, identifier)["state"] == state, 30)
    return message(house, key, identifier)


def delivered(house, dns, receiver, key):
    with tap.check("a mail arrives in Postfix' Maildir over TLS"):
        sent = send(house, key, "anna@" + RECEIVER, "Grüße")
        view = wait_for_state(house, key, sent, "delivered")
        raw = receiver.wait_for_mail("anna@" + RECEIVER)
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        tap.equal((mail["Subject"], str(mail["From"])), ("Grüße", f"Hello <hello@{SENDER}>"))
        tap.contains(mail.get_body(("plain",)).get_content(), "\n.dot\n")
        tap.true(re.fullmatch(rf"<[a-z2-7]{{30,64}}@{SENDER}>", mail["Return-Path"]),
                 f"Return-Path {mail['Return-Path']}")
        attempt = view["recipients"][0]["attempt_log"][0]
        tap.true(attempt["tls"].startswith("TLS"), str(attempt))
        tap.contains(mail["Received"], "TLS")
        tap.contains(mail["Received"], f"mail.{HOUSE}")
        tap.equal(attempt["host"], f"mx.{RECEIVER}")
    with tap.check("dkimpy and opendkim verify it with the key that Knot serves"):
        verdicts = first_mail.check_signatures(raw, lookup(dns))
        tap.equal([v["algorithm"] for v in verdicts], ["rsa-sha256"])
    with tap.check("once the Ed25519 record is found, mail has a second signature that holds"):
        judged = house.verb("domain", "records", SENDER)
        optional = next(r for r in judged["records"] if r.get("optional"))
        tap.equal(optional["state"], "missing")
        dns.update(SENDER, add=[f"{optional['host']}. 60 TXT {quoted(optional['expected'])}"])
        tap.equal(house.verb("domain", "check", SENDER)["state"], "verified")
        house.restart()  # opened keys are kept for ten minutes
        sent = send(house, key, "bert@" + RECEIVER, "two signatures")
        wait_for_state(house, key, sent, "delivered")
        verdicts = first_mail.check_signatures(receiver.wait_for_mail("bert@" + RECEIVER),
                                               lookup(dns))
        tap.equal(sorted(v["algorithm"] for v in verdicts), ["ed25519-sha256", "rsa-sha256"])
    with tap.check("a recipient that Postfix refuses bounces with its words"):
        dns.update(RECEIVER, add=["other 60 MX 10 mx"])
        view = wait_for_state(house, key, send(house, key, f"a@other.{RECEIVER}", "no"), "failed")
        recipient = view["recipients"][0]
        tap.equal((recipient["state"], recipient["cause"]), ("bounced", "permanent_reply"))
        tap.contains(recipient["reply"], "Relay access denied")
    with tap.check("null MX, a name that does not exist, and an MX that is us bounce at once"):
        dns.update(RECEIVER, add=["null 60 MX 0 .", f"loop 60 MX 10 mail.{HOUSE}."])
        for name, cause in (("null", "null_mx"), ("absent", "no_such_domain"),
                            ("loop", "mx_is_us")):
            view = wait_for_state(house, key, send(house, key, f"a@{name}.{RECEIVER}", "no"),
                                  "failed")
            tap.equal(view["recipients"][0]["cause"], cause, name)


def bounces_later(house, key):
    with tap.check("Postfix' own delivery report comes back and marks the recipient bounced"):
        sent = send(house, key, "gone@" + RECEIVER, "forwarded")
        view = wait_for_state(house, key, sent, "failed")
        recipient = view["recipients"][0]
        tap.equal((recipient["state"], recipient["cause"]), ("bounced", "bounced_later"))
        tap.contains(recipient["reply"], "no such user there")
        tap.equal(recipient["attempt_log"][0]["code"], 250)


def waits_for_receiver(house, receiver, key):
    with tap.check("a receiver that is down defers; queue explain says why"):
        receiver.stop()
        sent = send(house, key, "carl@" + RECEIVER, "later")
        wait_for("a first attempt",
                 lambda: message(house, key, sent)["recipients"][0]["attempts"], 40)
        explained = house.verb("queue", "explain", sent)["recipients"][0]
        tap.equal((explained["state"], explained["cause"]), ("queued", "connect_failed"))
        tap.true(explained["next"], "no next attempt")
    with tap.check("it waits through a restart, and queue retry delivers it once"):
        house.restart()
        tap.equal(house.verb("queue", "summary")["queued"], 1)
        receiver.start()
        tap.equal(house.verb("queue", "retry", sent)["changed"], 1)
        view = wait_for_state(house, key, sent, "delivered")
        tap.equal(view["recipients"][0]["attempts"], 2)
        receiver.wait_for_mail("carl@" + RECEIVER)
        tap.equal(len(receiver.mails("carl@" + RECEIVER)), 1)
    with tap.check("queue hold keeps a message back until release"):
        house.verb("queue", "suspend")
        sent = send(house, key, "dora@" + RECEIVER, "held")
        tap.equal(house.verb("queue", "hold", sent)["changed"], 1)
        house.verb("queue", "resume")
        tap.equal(message(house, key, sent)["state"], "held")
        tap.equal(house.verb("queue", "summary")["held"], 1)
        tap.equal(house.verb("queue", "release", sent)["changed"], 1)
        wait_for_state(house, key, sent, "delivered")


main()
