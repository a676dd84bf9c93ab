"""The first start of a server that nobody can sign in to: what the log tells, and what ends it."""
import re
import socket

import tap
from ports import free_port
from posthouse import Posthouse

PASSWORD = "correct horse battery"


def wishes(token):
    return {"token": token, "email": "boss@house.example", "password": PASSWORD, "account": "acme"}


def told(house):
    """Where the log says that the console is, and the token."""
    found = re.search(r'"console":"([^"]+)".*"setup_token":"(ph_[\w-]{43})"', house.log())
    return found.groups() if found else None


def main():
    tls = f"127.0.0.1:{free_port()}"
    with Posthouse(settings={"log.level": "warn", "https.listen": tls}) as house:
        with tap.check("the log tells the token also at warn, and leads to the door with TLS"):
            where, token = told(house)
            tap.equal(where, f"https://{tls}/login")
            socket.create_connection(tuple(tls.split(":")), timeout=5).close()
            tap.equal(house.get("/api/v1/session"), (200, {"signed_in": False, "setup": True}))
        with tap.check("a user made by the command line ends it while the server runs"):
            house.verb("account", "create", "first")
            house.verb("user", "create", "anna@house.example", "--password", PASSWORD, "--role",
                       "owner", "--account", "first")
            tap.equal(house.get("/api/v1/session"), (200, {"signed_in": False}))
            status, body = house.post("/api/v1/setup", wishes(token))
            tap.equal((status, body["reason"]), (401, "unauthenticated"))
    with Posthouse() as house:
        with tap.check("where no door has TLS the log leads to the plain one"):
            where, token = told(house)
            tap.equal(where, f"{house.url}/login")
        with tap.check("the token makes the operator and the account, once"):
            tap.equal(house.post("/api/v1/setup", wishes(token))[0], 204)
            tap.equal(house.post("/api/v1/setup", wishes(token))[0], 401)
            status, body = house.post("/api/v1/session", {"email": "boss@house.example",
                                                          "password": PASSWORD})
            tap.equal((status, body["role"]), (200, "operator"))
            names = [one["name"] for one in house.verb("account", "list")["items"]]
            tap.equal(names, ["acme"])
    tap.done()


main()
