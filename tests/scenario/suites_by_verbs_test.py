"""The public suites of SPF, DKIM, addresses and public suffixes, every case through the verbs of
the release binary, as somebody outside would run them."""
import base64
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import sys
import tempfile
import xml.etree.ElementTree

import tap
import unpacked
from posthouse import PROJECT, run_binary

SUITES = pathlib.Path(os.environ.get("POSTHOUSE_SUITES", PROJECT.parent / "shared/suites"))


def answer(words, stdin=b""):
    """The JSON of one verb; a verdict is one line and status 0, whatever it is."""
    done = run_binary(*words, stdin=stdin, seconds=10)
    tap.equal(done.returncode, 0, f"{words}: {done.stderr.decode(errors='replace')}")
    tap.equal(done.stdout.count(b"\n"), 1, f"{words}: lines")
    return json.loads(done.stdout)


def answers(calls):
    """Many verbs, two at a time: [(words, stdin)] -> their JSON in the same order."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda call: answer(*call), calls))


@contextlib.contextmanager
def suite(name, sentence):
    """A check over the suite's folder, or a plain word that it is not there."""
    if not (SUITES / name).is_dir():
        tap.skip(f"{sentence}: no {SUITES / name}")
        yield None
        return
    with tap.check(sentence):
        yield SUITES / name


def none_wrong(wrong, cases, wanted):
    tap.equal(wrong, [], "cases with another verdict")
    tap.equal(cases, wanted, "cases")


# --- SPF ---

def zone_of(zonedata):
    """The suite's zone as --dns wants it."""
    zone = {}
    for name, items in zonedata.items():
        held = zone.setdefault(name.rstrip(".") + ".", {})
        own_txt = any(isinstance(i, dict) and "TXT" in i for i in items)
        for item in items:
            if item == "TIMEOUT":
                continue
            (kind, value), = item.items()
            if value == "NONE" or (kind == "SPF" and own_txt):
                continue
            # SPF entries stand for TXT unless the name has TXT entries of its own.
            held.setdefault("TXT" if kind == "SPF" else kind, []).append(value)
        if "TIMEOUT" in items and not held:
            zone[name.rstrip(".") + "."] = "TIMEOUT"
    return zone


def spf(directory):
    sys.path.append(str(unpacked.root() / "usr/lib/python3/dist-packages"))
    with suite("spf-rfc7208", "check spf: all 203 cases of the RFC 7208 suite") as folder:
        if folder is None:
            return
        import yaml
        text = (folder / "rfc7208-tests.yml").read_text(encoding="utf-8")
        calls, cases = [], []
        for number, scenario in enumerate(yaml.safe_load_all(text)):
            file = directory / f"spf{number}.json"
            file.write_text(json.dumps(zone_of(scenario["zonedata"])))
            for name, case in scenario["tests"].items():
                calls.append((["check", "spf", "--ip", case["host"], "--helo", case["helo"],
                               "--mailfrom", case["mailfrom"], "--dns", file], b""))
                cases.append((name, case))
        wrong, explained = [], 0
        for (name, case), found in zip(cases, answers(calls)):
            results = case["result"] if isinstance(case["result"], list) else [case["result"]]
            told = case.get("explanation")
            explained += told is not None
            if found["result"] not in results or \
                    (told is not None and found["explanation"] != told.replace("DEFAULT", "")):
                wrong.append((name, results, told, found))
            tap.true(found["lookups"] <= 11 and found["void_lookups"] <= 3, f"{name}: {found}")
        none_wrong(wrong, len(cases), 203)
        tap.note(f"{explained} of the cases ask for an explanation")


# --- DKIM ---

STATES = {"pass": "SUCCESS", "temperror": "TEMPFAIL"}


def chasquid_zone(folder, stem):
    zone = {}
    for name, texts in json.loads((folder / f"{stem}.dns.json").read_text()).items():
        if texts == ["TEMPERROR"]:
            zone[name + "."] = "SERVFAIL"
        elif texts != ["PERMERROR"]:
            zone[name + "."] = {"TXT": texts}
    return zone


def dkim_chasquid(directory):
    with suite("dkim-chasquid", "dkim verify: all 11 cases of chasquid's suite") as folder:
        if folder is None:
            return
        wrong, cases = [], 0
        for message in sorted(folder.glob("*.msg")):
            cases += 1
            file = directory / f"{message.stem}.json"
            file.write_text(json.dumps(chasquid_zone(folder, message.stem)))
            found = answer(["dkim", "verify", "--dns", file], message.read_bytes())
            got = [(STATES.get(s["result"], "PERMFAIL"), s["domain"], s["selector"])
                   for s in found["signatures"]]
            result = folder / f"{message.stem}.result"
            if not result.exists():  # its header section is none
                if got or not found.get("problem"):
                    wrong.append((message.stem, found))
                continue
            wanted = [(r["State"], r["Domain"], r["Selector"])
                      for r in json.loads(result.read_text())["Results"]]
            # Its cap is five signatures, ours is ten: what it judged is judged alike.
            got = [(state, *(names if want[1] else want[1:]))
                   for (state, *names), want in zip(got, wanted)]
            if got != wanted:
                wrong.append((message.stem, got, wanted))
        none_wrong(wrong, cases, 11)


def dkimpy_record(folder, name):
    return (folder / name).read_text().strip()


def ed25519_pem(seed):
    """RFC 8410 §7: the seed in its PKCS #8 frame."""
    der = bytes.fromhex("302e020100300506032b657004220420") + seed
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(der) + \
        b"\n-----END PRIVATE KEY-----\n"


# Key, record, and what a signature by the one is under the other.
DKIMPY_KEYS = [
    ("test.private", "test.txt", "pass"),
    ("test2.private", "test2.txt", "pass"),
    ("1024_testkey.key", "1024_testkey_wo_markers.pub.txt", "pass"),
    ("1024_testkey.key", "1024_testkey_wo_markers.pub.rsa.txt", "pass"),
    ("2048_testkey.key", "2048_testkey_wo_markers.pub.txt", "pass"),
    ("2048_testkey.key", "2048_testkey_wo_markers.pub.rsa.txt", "pass"),
    ("2048_testkey_PKCS8.key", "2048_testkey_PKCS8.key.pub.txt", "pass"),
    ("2048_testkey_PKCS8.key", "2048_testkey_wo_markers.pub.txt", "fail"),
    ("test.private", "1024_testkey_wo_markers.pub.txt", "fail"),
    ("test.private", "test_bad.txt", "permerror"),
    ("test.private", "badversion.txt", "permerror"),
    ("test.private", "badk.txt", "permerror"),
    ("test.private", "test_tlsrpt.txt", "permerror"),
    ("ed25519", "ed25519test.dns", "pass"),
]
DKIMPY_MESSAGES = ["test.message", "test_extra.message", "rfc6376.msg", "rfc6376.w1258.msg",
                   "ed25519test.msg"]


def dkimpy_signed(folder, directory):
    """Its signed messages under its records: [(message, result of each signature)]."""
    ed = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    file = directory / "dkimpy.json"
    file.write_text(json.dumps({
        "brisbane._domainkey.football.example.com.": {"TXT": [ed]},
        "test._domainkey.football.example.com.": {"TXT": [dkimpy_record(folder, "test.txt")]},
        "sed._domainkey.test.ex.": {"TXT": [dkimpy_record(folder, "eximtest.dns")]}}))
    for name, wanted in (("rfc6376.signed.msg", {"pass"}), ("rfc6376.signed.rsa.msg", {"pass"}),
                         ("ed25519test2.msg", {"pass"}), ("message.mbox", {"permerror"}),
                         ("test2.message", {"permerror"}),  # keys that no record here has
                         ("test.message.baddomain", {"permerror"})):
        found = answer(["dkim", "verify", "--dns", file], (folder / name).read_bytes())
        results = {s["result"] for s in found["signatures"]}
        if results != wanted:
            yield name, found


def dkim_dkimpy(directory):
    sentence = "dkim sign and verify: dkimpy's messages, keys and records"
    with suite("dkim-dkimpy", sentence) as folder:
        if folder is None:
            return
        wrong = list(dkimpy_signed(folder, directory))
        pem = directory / "ed25519.pem"
        pem.write_bytes(ed25519_pem(base64.b64decode((folder / "ed25519test.key").read_text())))
        cases = 0
        for key, record, wanted in DKIMPY_KEYS:
            file = directory / f"{record}.json"
            file.write_text(json.dumps({"s._domainkey.example.org.":
                                        {"TXT": [dkimpy_record(folder, record)]}}))
            for name in DKIMPY_MESSAGES:
                cases += 1
                mail = (folder / name).read_bytes()
                path = pem if key == "ed25519" else folder / key
                done = run_binary("dkim", "sign", "--key", path, "--domain", "example.org",
                                  "--selector", "s", stdin=mail)
                tap.equal(done.returncode, 0, done.stderr.decode())
                found = answer(["dkim", "verify", "--dns", file], done.stdout)
                ours = found["signatures"][0]["result"]
                if ours != wanted:
                    wrong.append((key, record, name, found))
        nofrom = run_binary("dkim", "sign", "--key", folder / "test.private", "--domain",
                            "example.org", "--selector", "s",
                            stdin=(folder / "test_nofrom.message").read_bytes())
        tap.equal(nofrom.returncode, 2, "a message without From was signed")
        none_wrong(wrong, cases, len(DKIMPY_KEYS) * len(DKIMPY_MESSAGES))


# --- addresses ---

NUL_CASES = 2  # that no command line can hold

# Obsolete forms with control characters in them: they serve nobody but attackers.
REFUSED_CONTROLS = {"58", "134", "138", "139", "140"}
# RFC 5322 alone takes these; bounds, LDH labels and escapes in literals are held all the same.
REFUSED_5322 = {"26", "28", "39", "40", "41", "59", "60", "115", "116", "117", "161"}


def isemail_expected(number, category):
    """Valid as in MAIL and RCPT, valid as in From."""
    kind = category.removeprefix("ISEMAIL_")
    if kind == "ERR":
        return False, False
    if kind in ("VALID_CATEGORY", "DNSWARN", "RFC5321"):
        return True, True
    refused = REFUSED_5322 if kind == "RFC5322" else REFUSED_CONTROLS
    return False, number not in refused


def isemail():
    with suite("addr-isemail", "address parse: the verdicts of the isemail collection") as folder:
        if folder is None:
            return
        calls, cases = [], []
        for test in xml.etree.ElementTree.parse(folder / "tests.xml").iter("test"):
            # Control characters stand there as their pictures, U+2400 and up.
            text = re.sub("[\u2400-\u241f]", lambda m: chr(ord(m[0]) - 0x2400),
                          test.findtext("address") or "")
            if "\0" in text:  # no argument of a program can hold it
                continue
            for form, valid in zip(("--smtp", "--header"),
                                   isemail_expected(test.get("id"), test.findtext("category"))):
                calls.append((["address", "parse", form, text], b""))
                cases.append((test.get("id"), form, text, valid))
        wrong = [(case, found) for case, found in zip(cases, answers(calls))
                 if found["valid"] != case[3]]
        none_wrong(wrong, len(cases), 2 * (164 - NUL_CASES))


# --- names ---

def psl():
    with suite("psl", "name org: every line of the public suffix list's own tests") as folder:
        if folder is None:
            return
        cases = [line.split() for line in
                 (folder / "tests.txt").read_text(encoding="utf-8").splitlines()
                 if line.strip() and not line.startswith("//")]
        cases = [(name, wanted) for name, wanted in cases if name != "null"]
        forms = answers([(["name", "to-ascii", wanted], b"") for _, wanted in cases])
        found = answers([(["name", "org", name], b"") for name, _ in cases])
        wrong = []
        for (name, wanted), form, got in zip(cases, forms, found):
            right = got.get("result") == form["result"] if wanted != "null" else "error" in got
            if not right:
                wrong.append((name, wanted, got))
        none_wrong(wrong, len(cases), 77)


def main():
    with tempfile.TemporaryDirectory(prefix="posthouse-suites-") as place:
        directory = pathlib.Path(place)
        spf(directory)
        dkim_chasquid(directory)
        dkim_dkimpy(directory)
        isemail()
        psl()
    if not SUITES.is_dir():
        with tap.check("the suites are looked for where they are said to be"):
            tap.true(str(SUITES).endswith("suites"), str(SUITES))
    tap.done()


main()
