"""A greylisting policy service for Postfix (SMTPD_POLICY_README): who comes for the first time is
asked to come again.

    with Greylist() as policy: ... "check_policy_service " + policy.address
"""
import socketserver
import threading


class _Handler(socketserver.StreamRequestHandler):
    def handle(self):
        asked = {}
        for line in self.rfile:
            name, _, value = line.decode("utf-8", "replace").rstrip("\n").partition("=")
            if name:
                asked[name] = value
                continue
            self.wfile.write(f"action={self.server.owner.judge(asked)}\n\n".encode())
            asked = {}


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class Greylist:
    def __init__(self):
        self._seen = set()
        self.deferred = 0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.address = f"inet:127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def judge(self, asked):
        """By client and recipient: our sender address is another with each message."""
        key = (asked.get("client_address"), asked.get("recipient"))
        if key in self._seen:
            return "DUNNO"
        self._seen.add(key)
        self.deferred += 1
        return "DEFER Greylisted, come back in a moment"
