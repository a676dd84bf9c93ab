"""nginx or haproxy, unpacked and not installed, in front of a server's HTTP, and a hop behind it
that counts what the server answered.

    with Hop(house.http_port) as hop, Nginx(hop.port) as front:
        ... talk to 127.0.0.1:front.port ...
        front.requests()     # request lines that the proxy saw
        hop.answers()        # bodies that the server gave
"""
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

import unpacked
from ports import free_port, listening, wait_for

NGINX = """\
daemon off;
master_process off;
worker_processes 1;
pid {base}/pid;
error_log {base}/errors;
events {{ worker_connections 256; }}
http {{
  log_format plain '$request';
  access_log {base}/requests plain;
  client_body_temp_path {base}/body;
  proxy_temp_path {base}/proxy;
  fastcgi_temp_path {base}/fastcgi;
  uwsgi_temp_path {base}/uwsgi;
  scgi_temp_path {base}/scgi;
  ignore_invalid_headers {strict};
  upstream house {{ server 127.0.0.1:{back}; keepalive 1; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://house;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_request_buffering {buffering};
    }}
  }}
}}
"""

HAPROXY = """\
global
  log stdout format raw local0
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
  option http-keep-alive
  {lenient}
frontend front
  log global
  bind 127.0.0.1:{port}
  log-format "%rt %{{+Q}}r"
  option forwardfor
  default_backend house
backend house
  {lenient_back}
  http-reuse always
  server one 127.0.0.1:{back}
"""


class Front:
    def __init__(self):
        self.port = free_port()
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-front-"))
        self.log = self.base / "requests"
        self._process = None

    def run(self, line):
        with open(self.base / "output", "wb") as output:
            self._process = subprocess.Popen(line, stdout=output, stderr=subprocess.STDOUT,
                                             stdin=subprocess.DEVNULL)
        wait_for(f"{line[-3:]}", lambda: listening(self.port) or self._ended())

    def _ended(self):
        if self._process.poll() is not None:
            raise RuntimeError((self.base / "output").read_text(errors="replace")[-1500:])
        return False

    def requests(self):
        return self.log.read_text(errors="replace").splitlines() if self.log.exists() else []

    def __exit__(self, *_):
        if self._process:
            self._process.terminate()
            self._process.wait(10)
        shutil.rmtree(self.base, ignore_errors=True)


class Nginx(Front):
    def __init__(self, back, buffering="on", strict="on"):
        super().__init__()
        (self.base / "conf").write_text(NGINX.format(base=self.base, port=self.port, back=back,
                                                     buffering=buffering, strict=strict))

    def __enter__(self):
        self.run(unpacked.command("nginx", "-e", self.base / "errors", "-p", self.base, "-c",
                                  self.base / "conf"))
        return self


class Haproxy(Front):
    def __init__(self, back, lenient=False):
        super().__init__()
        self.log = self.base / "output"
        (self.base / "conf").write_text(HAPROXY.format(
            port=self.port, back=back,
            lenient="option accept-invalid-http-request" if lenient else "",
            lenient_back="option accept-invalid-http-response" if lenient else ""))

    def __enter__(self):
        self.run(unpacked.command("haproxy", "-db", "-f", self.base / "conf"))
        return self

    def requests(self):
        return list(dict.fromkeys(super().requests()))  # one line of each, by its number


class Hop:
    """Between the proxy and the server: every octet of both directions, kept by connection."""

    def __init__(self, back):
        self._back = back
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self._listener.getsockname()[1]
        self.connections = []  # [asked, answered]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _accept(self):
        while True:
            try:
                front, _ = self._listener.accept()
                back = socket.create_connection(("127.0.0.1", self._back), 10)
            except OSError:
                return
            kept = [bytearray(), bytearray()]
            self.connections.append(kept)
            for source, target, keep in ((front, back, kept[0]), (back, front, kept[1])):
                threading.Thread(target=self._pump, args=(source, target, keep),
                                 daemon=True).start()

    @staticmethod
    def _pump(source, target, keep):
        try:
            while more := source.recv(65536):
                keep.extend(more)
                target.sendall(more)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def answers(self):
        """(status, body) of each answer of the server, in order, of all connections."""
        return [answer for _, answered in self.connections
                for answer in answers_of(bytes(answered))]


def answers_of(stream):
    """The responses in a stream; HEAD is not expected. What is no response is a status of 0."""
    found = []
    while stream:
        head, mark, stream = stream.partition(b"\r\n\r\n")
        if not mark or not head.startswith(b"HTTP/1."):
            return [*found, (0, head)]
        status = int(head[9:12])
        length = next((int(line[15:]) for line in head.split(b"\r\n")
                       if line.lower().startswith(b"content-length:")), 0)
        if status == 100:
            continue
        if b"transfer-encoding: chunked" in head.lower():
            body = b""
            while True:
                size, _, stream = stream.partition(b"\r\n")
                count = int(size or b"0", 16)
                body, stream = body + stream[:count], stream[count + 2:]
                if not count:
                    break
        else:
            body, stream = stream[:length], stream[length:]
        found.append((status, body))
    return found
