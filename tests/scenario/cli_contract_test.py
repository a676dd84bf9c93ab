"""Every administration verb: its JSON, its exit code, with a running server and without one; and
what wrong usage gets."""
import json
import re
import tempfile
import time

import first_mail
import tap
from posthouse import Posthouse, run_binary

DOMAIN = "cli.sandbox.example"


def refused(house, reason, *words):
    """The verb must be refused with this reason: status 1, one line on stderr, JSON on stdout."""
    done = house.run(*words, "--json")
    tap.equal(done.returncode, 1, f"{words}: {done.stdout}{done.stderr}")
    tap.equal(len(done.stderr.strip().splitlines()), 1, f"lines on stderr: {done.stderr}")
    tap.equal(json.loads(done.stdout)["error"]["reason"], reason, str(words))


def keys(value, *names):
    for name in names:
        tap.true(name in value, f"no {name!r} in {value}")


def administration(house, where):
    """Accounts, users, keys: all of it, in a house with or without its server."""
    name = f"acct-{where}"
    verb = house.verb
    with tap.check(f"account create, list, show, activate, limits ({where})"):
        made = verb("account", "create", name)
        keys(made, "id", "name", "app_id")
        tap.true(isinstance(made["id"], int) and made["app_id"] > 0, str(made))
        tap.equal((made["name"], made["state"]), (name, "created"))
        refused(house, "conflict", "account", "create", name)
        tap.contains([a["name"] for a in verb("account", "list")["items"]], name)
        for way in (name, str(made["id"]), str(made["app_id"])):
            tap.equal(verb("account", "show", way)["id"], made["id"], way)
        tap.equal(verb("account", "activate", name)["state"], "active")
        limits = verb("account", "limits", name, "daily_per_domain=5000", "domains=0")["limits"]
        tap.equal((limits["daily_per_domain"], limits["domains"]), (5000, 0))
        refused(house, "unknown_field", "account", "limits", name, "colour=3")
        refused(house, "not_found", "account", "show", "nobody")
    with tap.check(f"user create, list, password, remove ({where})"):
        email = f"anna@{where}.example"
        user = verb("user", "create", email, "--password", "correct horse battery", "--role",
                    "developer", "--account", name)
        keys(user, "id", "email", "role", "account")
        tap.true("password" not in json.dumps(user), "a password is shown")
        refused(house, "conflict", "user", "create", email, "--password", "correct horse battery",
                "--role", "viewer", "--account", name)
        refused(house, "invalid_field", "user", "create", f"b@{where}.example", "--password",
                "short", "--role", "viewer", "--account", name)
        refused(house, "invalid_field", "user", "create", f"b@{where}.example", "--password",
                "correct horse battery", "--role", "king", "--account", name)
        tap.equal([u["email"] for u in verb("user", "list", "--account", name)["items"]], [email])
        verb("user", "password", user["id"], "--password", "another long one", "--account",
             name)
        boss = verb("user", "create", f"boss@{where}.example", "--password",
                    "correct horse battery", "--role", "operator")
        tap.equal(boss["account"], None)
        verb("user", "remove", user["id"], "--account", name)
        tap.equal([u["disabled"] for u in verb("user", "list", "--account", name)["items"]], [True])
    with tap.check(f"key create, list, revoke ({where})"):
        bearer = verb("key", "create", "--account", name, "--kind", "bearer", "--scope", "send")
        keys(bearer, "token", "id")
        tencent = verb("key", "create", "--account", name, "--kind", "tencent")
        keys(tencent, "secret_id", "secret_key")
        listed = verb("key", "list", "--account", name)["items"]
        tap.equal(sorted(k["kind"] for k in listed), ["bearer", "tencent"])
        for secret in (bearer["token"], tencent["secret_key"]):
            tap.true(secret not in json.dumps(listed), "a list shows a secret")
        verb("key", "revoke", bearer["id"], "--account", name)
        refused(house, "invalid_field", "key", "create", "--account", name, "--kind", "gold")
        refused(house, "not_found", "key", "create", "--account", "nobody", "--kind", "bearer")
    with tap.check(f"domain add, list, records, check --dns, verify --force, remove ({where})"):
        domain(house, name, f"{where}.{DOMAIN}")


def domain(house, account, name):
    verb = house.verb
    added = verb("domain", "add", name, "--account", account)
    keys(added, "domain", "state", "records")
    for record in added["records"]:
        keys(record, "check", "host", "type", "expected", "found", "state", "advice")
    zone = {r["host"] + ".": {"TXT": [r["expected"]]} for r in added["records"]
            if r["type"] == "TXT"}
    mail_host = next(r["expected"] for r in added["records"] if r["check"] == "mx").split()[1]
    spf_name = re.search(r"include:(\S+)", zone[name + "."]["TXT"][0]).group(1)
    zone[name + "."]["MX"] = [[10, mail_host + "."]]
    zone[spf_name + "."] = {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(zone, file)
        file.flush()
        judged = verb("domain", "check", name, "--dns", file.name)
        tap.equal(set(first_mail.states(judged).values()), {"ok"}, str(judged["records"]))
    tap.equal(verb("domain", "records", name)["state"], "pending", "a check against a file")
    tap.contains([d["domain"] for d in verb("domain", "list", "--account", account)["items"]], name)
    refused(house, "conflict", "domain", "add", name, "--account", account)
    refused(house, "domain_public_suffix", "domain", "add", "co.uk", "--account", account)
    refused(house, "not_found", "domain", "records", f"absent.{name}", "--account", account)
    forced = verb("domain", "verify", name, "--force", "moved from the old system")
    tap.equal(forced["state"], "verified")
    address = verb("address", "add", f"a@{name}", "--name", "Anna")
    tap.equal((address["address"], address["name"]), (f"a@{name}", "Anna"))
    refused(house, "conflict", "address", "add", f"a@{name}")
    verb("address", "password", f"a@{name}", "--smtp-password", "Secret4Mail2go")
    listed = verb("address", "list", "--account", account)["items"]
    tap.equal([(a["address"], a["smtp"]) for a in listed], [(f"a@{name}", True)])
    refused(house, "domain_in_use", "domain", "remove", name)
    verb("address", "remove", f"a@{name}")
    verb("domain", "remove", name)
    refused(house, "not_found", "domain", "records", name, "--account", account)


def mail(house):
    verb = house.verb
    sender = first_mail.newcomer(house, f"mail.{DOMAIN}")
    with tap.check("send with text, html and attachments; message show and list; inbox list"):
        with tempfile.NamedTemporaryFile("wb", suffix=".bin") as file:
            file.write(bytes(range(256)) * 40)
            file.flush()
            sent = verb("send", "--from", sender.address, "--to", "a@cli.example", "--to",
                        "B <b@cli.example>", "--subject", "Grüße", "--text", "hi", "--html",
                        "<p>hi</p>", "--attach", file.name, "--attach", file.name)
        tap.equal(list(sent), ["id"])
        sender.wait_for_state(sent["id"], "delivered")
        shown = verb("message", "show", sent["id"])
        keys(shown, "id", "state", "recipients")
        tap.equal([(r["address"], r["state"]) for r in shown["recipients"]],
                  [("a@cli.example", "delivered"), ("b@cli.example", "delivered")])
        for recipient in shown["recipients"]:
            keys(recipient, "address", "state", "cause", "reply", "attempts")
        tap.equal(verb("message", "list", "--account", "first")["items"][0]["id"], sent["id"])
        inbox = verb("inbox", "list", "--account", "first")["items"]
        tap.equal({m["rcpt_to"] for m in inbox}, {"a@cli.example", "b@cli.example"})
        shown = verb("inbox", "show", inbox[0]["id"], "--account", "first")
        tap.contains(shown["content"], "DKIM-Signature:")
    with tap.check("send refuses a sender that is not the account's, and a body without words"):
        refused(house, "address_not_found", "send", "--from", f"else@{sender.domain}", "--to",
                "a@cli.example", "--text", "x", "--account", "first")
        refused(house, "domain_not_verified", "send", "--from", "x@foreign.example", "--to",
                "a@cli.example", "--text", "x", "--account", "first")
        refused(house, "missing_field", "send", "--from", sender.address, "--to", "a@cli.example")
    with tap.check("queue summary, hold, explain, release, retry, expire, cancel"):
        queue(house, sender)


def queue(house, sender):
    verb = house.verb
    summary = verb("queue", "summary")
    tap.equal(sorted(summary), ["deferred", "held", "in_flight", "queued", "ready"])
    ids = [verb("send", "--from", sender.address, "--to", f"defer+{i}@{i}.queue.example",
                "--subject", "s", "--text", "t")["id"] for i in range(3)]
    for identifier in ids:
        first_mail.wait_for("an attempt", lambda i=identifier: verb(
            "message", "show", i)["recipients"][0]["attempts"])
    explained = verb("queue", "explain", ids[0])
    keys(explained, "id", "recipients")
    keys(explained["recipients"][0], "address", "cause", "next", "limit", "history")
    tap.equal(verb("queue", "hold", "--account", "first", ids[0])["changed"], 1)
    tap.equal(verb("queue", "hold", "--domain", "1.queue.example")["changed"], 1)
    tap.equal(verb("queue", "summary")["held"], 2)
    tap.equal(verb("queue", "release", "--account", "first")["changed"], 2)
    tap.equal(verb("queue", "retry", ids[1])["changed"], 1)
    first_mail.wait_for("a second attempt", lambda: verb(
        "message", "show", ids[1])["recipients"][0]["attempts"] >= 2)
    tap.equal(verb("queue", "expire", ids[0])["changed"], 1)
    tap.equal(verb("message", "show", ids[0])["recipients"][0]["state"], "expired")
    for identifier in ids[1:]:
        tap.equal(verb("queue", "cancel", identifier)["changed"], 1)
    tap.equal(verb("queue", "summary")["queued"], 0)
    for words in (("explain", "zzzz"), ("hold", "zzzz")):
        refused(house, "not_found", "queue", *words)
    refused(house, "missing_field", "queue", "hold")


def server_verbs(house, running):
    with tap.check(f"fsck {'while the server runs' if running else 'without a server'}"):
        done = house.run("fsck", "--json")
        if running:
            tap.equal(done.returncode, 1, done.stdout)
            tap.contains(done.stderr, "in use")
        else:
            tap.equal(json.loads(done.stdout), {"findings": []})
    with tap.check(f"doctor has findings and advice ({'running' if running else 'stopped'})"):
        found = house.verb("doctor", "--set", "dns.servers=127.0.0.1:1")  # no name leaves here
        text = json.dumps(found)
        for word in ("clock", "disk"):
            tap.contains(text, word)


def config():
    with tap.check("config explain knows every key that the contract names"):
        known = {k["key"]: k for k in json.loads(run_binary(
            "config", "explain", "--json").stdout)["items"]}
        for key in ("http.listen https.listen submission.listen submission.tls_listen "
                    "inbound.listen dns.listen tls.certificate tls.key relay.listen relay.trusted "
                    "relay.account dns.servers dns.dnssec dns.trust_anchors delivery.routes "
                    "delivery.allow_private delivery.port dkim.ed25519 store.url "
                    "installation.mail_host installation.spf_name "
                    "installation.sending_ips").split():
            tap.contains(known, key)
        one = json.loads(run_binary("config", "explain", "delivery.port", "--json").stdout)
        tap.equal([k["key"] for k in one["items"]], ["delivery.port"])
        tap.equal(run_binary("config", "explain", "no.such.key").returncode, 2)
    with tap.check("config check reads a file, and says what is wrong in it"):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write('[http]\nlisten = "127.0.0.1:8081"\n[delivery]\nport = 2526\n'
                       'routes = [{match = "*", host = "127.0.0.1", port = 26, tls = "none"}]\n')
            file.flush()
            tap.equal(run_binary("config", "check", file.name).returncode, 0)
            file.write("[relay]\ntrusted = \"not a network\"\n")
            file.flush()
            done = run_binary("config", "check", file.name)
            tap.equal(done.returncode, 2)
            tap.contains(done.stderr, b"relay.trusted")
            found = json.loads(run_binary("config", "check", file.name, "--json").stdout)
            tap.equal(found["valid"], False)
        tap.equal(run_binary("config", "check", "/nonexistent.toml").returncode, 2)


WRONG_USAGE = """
frobnicate
account
account frobnicate
account create
account create a b
account limits a
account limits a daily_per_domain
account limits a daily_per_domain=many
user create a@b.example
key create --colour red
domain check a.example --dns /nonexistent.json
queue explain
send --to a@b.example
send --from a@b.example --to c@d.example --text t --attach /nonexistent
serve --set http.listen
serve --set http.listen=nowhere
serve --set no.such.key=1
serve --set delivery.port=70000
serve --set relay.trusted=300.1.2.3/8
serve --config /nonexistent.toml
check spf
check spf --ip 1.2.3 --dns /dev/null
check spf --ip 192.0.2.1 --mailfrom a@b.example --dns /nonexistent.json
check spf --ip 192.0.2.1 --dns-server nowhere
check dmarc
check domain a.example --dkim nokey --dns-server 127.0.0.1:1
dkim sign --domain a.example --selector s
dkim sign --key /nonexistent --domain a.example --selector s
dkim verify --min-rsa-bits many
address parse
address parse --smtp --header a@b.example
name org
"""


def usage():
    for line in WRONG_USAGE.split("\n"):
        if not line:
            continue
        with tap.check(f"wrong usage is status 2 and one line: {line}"):
            with tempfile.TemporaryDirectory() as data:
                done = run_binary(*line.split(), "--data", data, seconds=20)
            said = done.stderr.decode()
            tap.equal(done.returncode, 2, said)
            tap.equal(len(said.strip().splitlines()), 1, said)
            tap.true(said.startswith("posthouse: ") and len(said) > 15, said)
            tap.equal(done.stdout, b"")
    with tap.check("help and version are no errors"):
        for words in (("--help",), ("--version",), ("domain", "--help"), ("send", "--help")):
            tap.equal(run_binary(*words).returncode, 0, str(words))
            tap.true(run_binary(*words).stdout, "it says nothing")


def bare_server():
    """No installation.* key, a DNS that never answers: everything but delivery works."""
    with Posthouse("serve", {"dns.servers": "127.0.0.1:1"}) as house:
        with tap.check("serve starts with no installation key, and without an account"):
            tap.equal(house.output, ["ready"])
            tap.equal(house.verb("account", "list"), {"items": []})
        house.verb("account", "create", "only")
        with tap.check("domain add does not fail on a DNS that does not answer, nor take long"):
            begun = time.monotonic()
            tap.equal(house.verb("domain", "add", "news.bare.example")["state"], "pending")
            tap.true(time.monotonic() - begun < 5, f"{time.monotonic() - begun:.1f} s")
            judged = house.verb("domain", "verify", "news.bare.example")
            tap.equal((judged["state"], set(first_mail.states(judged).values())),
                      ("pending", {"unknown"}))
        with tap.check("outside the sandbox domain publish says what to do instead"):
            refused(house, "conflict", "domain", "publish", "news.bare.example")


def main():
    usage()
    config()
    bare_server()
    with Posthouse("quickstart") as house:
        administration(house, "running")
        mail(house)
        server_verbs(house, True)
        with tap.check("two servers cannot share a data directory"):
            done = house.run("serve", "--set", "http.listen=127.0.0.1:0")
            tap.equal(done.returncode, 1, done.stderr)
            tap.contains(done.stderr, "in use")
        house.stop()
        administration(house, "alone")
        server_verbs(house, False)
        with tap.check("what was made without a server is there when one starts"):
            house.start()
            tap.contains([a["name"] for a in house.verb("account", "list")["items"]], "acct-alone")
        with tap.check("verbs print words for people without --json"):
            done = house.run("account", "list")
            tap.contains(done.stdout, "acct-alone")
            tap.true(not done.stdout.startswith("{"), done.stdout)
    tap.done()


main()
