"""A certificate authority of a test's own, by the openssl tool.

    with Authority() as ca:
        chain, key = ca.issue("mx.good.example")
        chain, key = ca.issue("mx.late.example", until="20200101000000Z")
        ... SSL_CERT_FILE=ca.roots makes a program trust it ...
"""
import pathlib
import shutil
import subprocess
import tempfile

CONFIG = """\
[ca]
default_ca = own
[own]
dir = {base}
database = {base}/index
new_certs_dir = {base}/issued
certificate = {base}/ca.pem
private_key = {base}/ca.key
serial = {base}/serial
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
x509_extensions = leaf
[any]
commonName = supplied
[leaf]
basicConstraints = CA:false
extendedKeyUsage = serverAuth
"""


class Authority:
    def __init__(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-ca-"))
        self.roots = self.base / "ca.pem"

    def __enter__(self):
        self.base.chmod(0o755)
        (self.base / "issued").mkdir()
        (self.base / "index").write_text("")
        (self.base / "serial").write_text("01\n")
        (self.base / "config").write_text(CONFIG.format(base=self.base))
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj",
                      "/CN=Test Authority", "-addext", "basicConstraints=critical,CA:true",
                      "-keyout", "ca.key", "-out", "ca.pem")
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.base, ignore_errors=True)

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *map(str, words)], cwd=self.base, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {words[0]}: {done.stderr.strip()}")

    def issue(self, name, since="20200101000000Z", until="20491231000000Z"):
        """A certificate for a host name: paths of its chain and key."""
        self._request(name, ["-new"], f"{name}.csr")
        self._openssl("ca", "-batch", "-notext", "-config", "config", "-startdate", since,
                      "-enddate", until, "-in", f"{name}.csr", "-out", f"{name}.pem")
        return self.base / f"{name}.pem", self.base / f"{name}.key"

    def self_signed(self, name):
        self._request(name, ["-x509", "-days", "30"], f"{name}.pem")
        return self.base / f"{name}.pem", self.base / f"{name}.key"

    def _request(self, name, how, out):
        self._openssl("req", *how, "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout",
                      f"{name}.key", "-out", out)
