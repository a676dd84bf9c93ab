"""The Tencent door over the wire: domain, address and mail by signed requests, one mail for one
signed request also after a restart, and errors as clients of that service expect them."""
import concurrent.futures
import socket

import first_mail
import tap
import tc3
from ports import free_port
from posthouse import Posthouse

DOMAIN = "m.sandbox.example"
SENDER = f"a@{DOMAIN}"


def mail_to(recipient, **changes):
    return {"FromEmailAddress": f"Acme <{SENDER}>", "Subject": "您好",
            "Destination": [recipient], "Simple": {"Text": "aGVsbG8="}, **changes}


class Client:
    def __init__(self, port, key):
        self.port = port
        self.key = tc3.Key(key["secret_id"], key["secret_key"])

    def request(self, action, parameters=None):
        return tc3.Request(action, parameters, host=f"127.0.0.1:{self.port}")

    def signed(self, action, parameters=None):
        return self.request(action, parameters).sign(self.key)

    def answer(self, request):
        status, answer = request.send(self.port)
        tap.equal(status, 200, str(answer))
        tap.equal(list(answer), ["Response"])
        return answer["Response"]

    def call(self, action, parameters=None):
        response = self.answer(self.signed(action, parameters))
        tap.true("Error" not in response, f"{action}: {response}")
        return response

    def code(self, request):
        return tc3.error_code({"Response": self.answer(request)})


def content_types(port, request):
    """The Content-Type fields of an answer, as they came."""
    request = request.copy().set("Connection", "close")
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(request.wire())
        data = b""
        while piece := connection.recv(65536):
            data += piece
    lines = data.split(b"\r\n\r\n")[0].decode().split("\r\n")
    return [line.partition(": ")[2] for line in lines if line.startswith("Content-Type")]


def first_steps(house, client):
    with tap.check("domain and address by signed requests"):
        made = client.call("CreateEmailIdentity", {"EmailIdentity": DOMAIN})
        tap.equal(len(made["Attributes"]), 4)
        house.verb("domain", "publish", DOMAIN)
        done = client.call("UpdateEmailIdentity", {"EmailIdentity": DOMAIN})
        tap.equal(done["VerifiedForSendingStatus"], True, str(done))
        client.call("CreateEmailAddress", {"EmailAddress": SENDER, "EmailSenderName": "Acme"})


def envelope(client):
    with tap.check("success and error are HTTP 200 and exactly application/json"):
        good, bad = client.signed("ListEmailAddress"), client.request("ListEmailAddress")
        tap.equal(content_types(client.port, good), ["application/json"])
        tap.equal(content_types(client.port, bad), ["application/json"])
    with tap.check("errors are in the language that is asked for"):
        for language, word in (("zh-CN", "签名"), ("en-US", "signature")):
            wrong = client.signed("ListEmailAddress").set("X-TC-Language", language)
            wrong.body = b"{ }"
            error = client.answer(wrong)["Error"]
            tap.equal(error["Code"], "AuthFailure.SignatureFailure")
            tap.true(word in error["Message"], str(error))


def gateway(client):
    with tap.check("what the gateway refuses"):
        def changed(name, value):
            return client.request("ListEmailAddress").set(name, value).sign(client.key)
        tap.equal(client.code(changed("X-TC-Action", "Nothing")), "InvalidAction")
        tap.equal(client.code(changed("X-TC-Version", "2019-01-01")), "NoSuchVersion")
        tap.equal(client.code(changed("X-TC-Region", "ap-mars")), "UnsupportedRegion")
        tap.equal(client.code(changed("X-TC-Region", "ap-hongkong")), None)
        tap.equal(client.code(changed("X-TC-Timestamp", "1700000000")),
                  "AuthFailure.SignatureExpire")
        tap.equal(client.code(client.request("ListEmailAddress")), "MissingParameter")
        nobody = tc3.Key("AKID" + "0" * 32, "x" * 32)
        tap.equal(client.code(client.request("ListEmailAddress").sign(nobody)),
                  "AuthFailure.SecretIdNotFound")
        large = client.signed("ListEmailAddress", {"x": "y" * (11 << 20)})
        tap.equal(client.code(large), "RequestSizeLimitExceeded")


def one_mail(house, client, sender):
    with tap.check("one signed SendEmail is one mail: again, at once, and after a restart"):
        house.verb("account", "limits", "first", "requests_per_second=0")
        request = client.signed("SendEmail", mail_to("twice@receiver.example"))
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: client.answer(request.copy()), range(8)))
        house.stop()
        house.start()
        answers.append(client.answer(request.copy()))
        tap.equal(len({a.get("MessageId", str(a)) for a in answers}), 1, str(answers))
        client.call("SendEmail", mail_to("after@receiver.example"))
        sender.mail_to("after@receiver.example")
        sender.mail_to("twice@receiver.example", count=1)
    with tap.check("another X-TC-TraceId is another mail"):
        request = client.signed("SendEmail", mail_to("traced@receiver.example"))
        ids = {client.answer(request.copy().set("X-TC-TraceId", trace))["MessageId"]
               for trace in ("one", "two", "one")}
        tap.equal(len(ids), 2, str(ids))
        sender.mail_to("traced@receiver.example", count=2)


def other_listener(house, key):
    with tap.check("a listener of its own answers only this door"):
        other = Client(house.tencent_port, key)
        other.call("ListEmailAddress")
        tap.equal(other.code(tc3.Request("ListEmailAddress").set("X-TC-Action", "")),
                  "MissingParameter")
        status, _ = house.get("/api/v1/openapi.json")
        tap.equal(status, 200, "REST stays where it was")


def closed_door():
    with tap.check("tencent.enabled=false closes the door and nothing else"):
        with Posthouse("quickstart", settings={"tencent.enabled": False}) as house:
            status, _ = tc3.Request("ListEmailAddress").send(house.http_port)
            tap.equal(status, 404)
            tap.equal(house.get("/api/v1/openapi.json")[0], 200)


port = free_port()
with Posthouse("quickstart", settings={"tencent.listen": f"127.0.0.1:{port}"}) as place:
    place.tencent_port = port
    made_key = place.verb("key", "create", "--account", "first", "--kind", "tencent")
    main = Client(place.http_port, made_key)
    inbox = first_mail.Sender(place, DOMAIN, first_mail.welcome_key(place))
    first_steps(place, main)
    envelope(main)
    gateway(main)
    one_mail(place, main, inbox)
    other_listener(place, made_key)
closed_door()
tap.done()
