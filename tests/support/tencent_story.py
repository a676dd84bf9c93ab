"""What a user of a Tencent client does first, with the client only: domain, address, password,
mail; and the errors that its program must see. The same for every language.

    tencent_story.tell("Go", sdk.go)
"""
import base64
import email
import email.policy
import re
import smtplib
import ssl

import first_mail
import sdk
import tap
from posthouse import Posthouse

REGION = "ap-guangzhou"
TEXT = "hello from the client\nsecond line: grüße, 未命名\n"
HTML = "<p>hello <b>未命名</b></p>"
PASSWORD = "Secret4Mail2go"
# Forms of request beside POST with JSON: flattened parameters, older signatures; a body unsigned.
FLAT = ({"method": "GET"}, {"sign_method": "HmacSHA256"}, {"sign_method": "HmacSHA1"},
        {"sign_method": "HmacSHA1", "method": "GET"})
UNSIGNED = ({"unsigned_payload": True},)
MESSAGE_ID = re.compile(r"qcloudses-30-\d+-date-\d{14}-[0-9A-Za-z]{12}1\Z")
REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Teller:
    """Calls of one client with one key."""

    def __init__(self, house, client, key, host="127.0.0.1"):
        self.client = client
        self.order = {"endpoint": f"{host}:{house.http_port}", "region": REGION,
                      "language": "en-US", **key}

    def but(self, **changes):
        other = Teller.__new__(Teller)
        other.client, other.order = self.client, {**self.order, **changes}
        return other

    def answers(self, *calls):
        return self.client.call({**self.order, "calls": [list(call) for call in calls]})

    def results(self, *calls):
        """The results of calls that must succeed; a call that this client has not is None."""
        out = []
        for (action, _), answer in zip(calls, self.answers(*calls)):
            if "absent" in answer:
                tap.skip(f"{self.client.name}: this client has no {action}")
                out.append(None)
                continue
            tap.true("result" in answer, f"{action}: {answer}")
            tap.true(REQUEST_ID.match(answer["result"]["RequestId"]), str(answer))
            out.append(answer["result"])
        return out

    def result(self, action, parameters):
        return self.results((action, parameters))[0]

    def error(self, action, parameters):
        """The client's own exception."""
        answer = self.answers((action, parameters))[0]
        tap.true("error" in answer, f"{action}: {answer}")
        return answer["error"]

    def refused(self, action, parameters, code, kind):
        error = self.error(action, parameters)
        tap.equal((error["kind"], error["code"]), (kind, code), str(error))
        tap.true(error["message"], "a message")
        tap.true(REQUEST_ID.match(error["request_id"]), str(error))


def simple_mail(sender, recipient):
    return {"FromEmailAddress": f"News <{sender}>", "Destination": [recipient],
            "Subject": "Grüße 未命名",
            "Simple": {"Html": base64.b64encode(HTML.encode()).decode(),
                       "Text": base64.b64encode(TEXT.encode()).decode()}}


def is_number(value):
    return isinstance(value, int) and not isinstance(value, bool)


def credentials(teller, kind):
    with tap.check(f"{teller.client.name}: an unknown SecretId and a wrong SecretKey are the "
                   "client's own exception, with their codes"):
        unknown = teller.but(secret_id="AKIDnobodynobodynobodynobodynobody12")
        unknown.refused("ListEmailAddress", {}, "AuthFailure.SecretIdNotFound", kind)
        wrong = teller.but(secret_key="x" * len(teller.order["secret_key"]))
        wrong.refused("ListEmailAddress", {}, "AuthFailure.SignatureFailure", kind)


def domain(house, teller, name, kind):
    with tap.check(f"{teller.client.name}: a domain is created, published and verified"):
        made = teller.result("CreateEmailIdentity", {"EmailIdentity": name})
        tap.equal((made["IdentityType"], made["VerifiedForSendingStatus"]), ("DOMAIN", False))
        tap.equal(sorted(a["Type"] for a in made["Attributes"]), ["MX", "TXT", "TXT", "TXT"])
        tap.true(all(a["ExpectedValue"] for a in made["Attributes"]), str(made))
        teller.refused("CreateEmailIdentity", {"EmailIdentity": name},
                       "InvalidParameterValue.RepeatCreation", kind)
        teller.refused("GetEmailIdentity", {"EmailIdentity": "absent.sandbox.example"},
                       "InvalidParameterValue.NotExistDomain", kind)
        teller.refused("CreateEmailAddress", {"EmailAddress": f"early@{name}"},
                       "OperationDenied.DomainNotVerified", kind)
        house.verb("domain", "publish", name)
        checked = teller.result("UpdateEmailIdentity", {"EmailIdentity": name})
        tap.equal(checked["VerifiedForSendingStatus"], True, str(checked))
        tap.true(all(a["Status"] is True for a in checked["Attributes"]), str(checked))
        listed = teller.result("ListEmailIdentities", {})
        found = [i for i in listed["EmailIdentities"] if i["IdentityName"] == name]
        tap.equal(len(found), 1, str(listed))
        tap.equal(found[0]["SendingEnabled"], True)
        for number in ("CurrentReputationLevel", "DailyQuota"):
            if number in found[0]:
                tap.true(is_number(found[0][number]), f"{number}: {found[0]}")


def address(teller, sender, kind):
    with tap.check(f"{teller.client.name}: an address is created, has its password set, is listed"):
        order = {"EmailAddress": sender, "EmailSenderName": "News"}
        teller.result("CreateEmailAddress", order)
        teller.refused("CreateEmailAddress", order, "InvalidParameterValue.RepeatEmailAddress",
                       kind)
        secret, listed = teller.results(
            ("UpdateEmailSmtpPassWord", {"EmailAddress": sender, "Password": PASSWORD}),
            ("ListEmailAddress", {}))
        found = [s for s in listed["EmailSenders"] if s["EmailAddress"] == sender]
        tap.equal([s["EmailSenderName"] for s in found], ["News"], str(listed))
        tap.true(is_number(found[0]["CreatedTimestamp"]), str(found))
        tap.true(found[0]["CreatedTimestamp"] > 1_600_000_000, "seconds since 1970")
        if "SmtpPwdType" in found[0] and secret is not None:
            tap.equal(found[0]["SmtpPwdType"], 1)
        return secret is not None


def check_login(house, sender, name):
    with tap.check(f"{name}: the password it set opens SMTP submission"):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with smtplib.SMTP("127.0.0.1", house.submission_port, timeout=20) as session:
            session.starttls(context=context)
            tap.equal(session.login(sender, PASSWORD)[0], 235)


def mail(teller, inbox, sender, recipient, kind):
    with tap.check(f"{teller.client.name}: SendEmail, and the mail arrives with the same content"):
        sent = teller.result("SendEmail", simple_mail(sender, recipient))
        tap.true(MESSAGE_ID.match(sent["MessageId"]), str(sent))
        found = email.message_from_bytes(inbox.mail_to(recipient), policy=email.policy.default)
        tap.equal((found["Subject"], found["From"], found["To"]),
                  ("Grüße 未命名", f"News <{sender}>", recipient))
        for form, wanted in (("plain", TEXT), ("html", HTML)):
            body = found.get_body((form,)).get_content().replace("\r\n", "\n")
            tap.equal(body.rstrip("\n"), wanted.rstrip("\n"), form)
    with tap.check(f"{teller.client.name}: a mail from a sender that is not ours is refused"):
        teller.refused("SendEmail", simple_mail("x@foreign.example", recipient),
                       "FailedOperation.NotAuthenticatedSender", kind)


def other_signatures(teller, ways, inbox, sender, kind):
    """What the client does when told to use GET, or the older signatures."""
    for way in ways:
        word = "-".join(str(value) for value in way.values()).lower()
        with tap.check(f"{teller.client.name}: a mail by {way}; a wrong SecretKey is refused"):
            other = teller.but(**way)
            recipient = f"{word}@{sender.partition('@')[2]}"
            sent = other.result("SendEmail", simple_mail(sender, recipient))
            tap.true(MESSAGE_ID.match(sent["MessageId"]), str(sent))
            found = email.message_from_bytes(inbox.mail_to(recipient), policy=email.policy.default)
            tap.equal(found["Subject"], "Grüße 未命名")
            wrong = other.but(secret_key="x" * len(teller.order["secret_key"]))
            wrong.refused("ListEmailAddress", {}, "AuthFailure.SignatureFailure", kind)


def clean_up(teller, sender, name, kind):
    with tap.check(f"{teller.client.name}: the address and the domain are deleted again"):
        teller.refused("DeleteEmailIdentity", {"EmailIdentity": name},
                       "OperationDenied.SenderWithDomainIsNotEmpty", kind)
        teller.result("DeleteEmailAddress", {"EmailAddress": sender})
        teller.result("DeleteEmailIdentity", {"EmailIdentity": name})
        teller.refused("DeleteEmailAddress", {"EmailAddress": sender},
                       "InvalidParameterValue.NoSuchSender", kind)


def tell(name, make_client, kind, ways=FLAT):
    """The whole story with one client; a plain word where the client cannot be had. `ways` are
    other forms of request that the client has."""
    client = None
    with tap.check(f"{name}: the client is at hand, or it is said why not"):
        try:
            client = make_client()
        except sdk.Unavailable as why:
            tap.skip(f"{name}: {why}")
    if client is None:
        return
    client.name = name
    with Posthouse("quickstart") as house:
        key = house.verb("key", "create", "--account", "first", "--kind", "tencent")
        teller = Teller(house, client, {"secret_id": key["secret_id"],
                                        "secret_key": key["secret_key"]})
        word = "".join(c for c in name.lower() if c.isalpha())
        owned, recipient = f"{word}.sandbox.example", f"reader@{word}.example"
        sender = f"news@{owned}"
        credentials(teller, kind)
        domain(house, teller, owned, kind)
        if address(teller, sender, kind):
            check_login(house, sender, name)
        inbox = first_mail.Sender(house, owned, first_mail.welcome_key(house))
        mail(teller, inbox, sender, recipient, kind)
        other_signatures(teller, ways, inbox, sender, kind)
        with tap.check(f"{name}: the same by the name localhost, which some clients sign whole"):
            teller.but(endpoint=f"localhost:{house.http_port}").result("ListEmailAddress", {})
        clean_up(teller, sender, owned, kind)
