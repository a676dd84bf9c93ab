"""A network and a machine of a test's own: namespaces in which the test runs anew as root.

    import own_network
    own_network.enter(["44.128.0.10", "44.128.0.53"])   # first line of main()

Inside there are only these addresses and loopback, every connection between them comes from the
first one unless the program chooses, processes end with the test, and unpacked servers find
themselves where they were compiled to be: /etc and some folders of /usr are folders of links, with
the unpacked ones among them. /etc/resolv.conf, /etc/hosts and the users are the test's. Nothing
of it is seen outside. Where the machine allows no namespaces the test says so and ends well.

The addresses are public ones of an amateur radio test range, because receivers and Posthouse treat
private, loopback and documentation addresses differently.
"""
import os
import pathlib
import signal
import socket
import subprocess
import sys

import unpacked

INSIDE = "POSTHOUSE_OWN_NETWORK"
STAGE = pathlib.Path("/mnt")  # a tmpfs is put here, seen by the test alone
UNSHARE = ["unshare", "--net", "--mount", "--uts", "--pid", "--fork", "--kill-child",
           "--mount-proc", "--propagation", "private"]
HOSTNAME = "machine.test"
# Users of the servers, with numbers that nothing else uses.
USERS = ["dovecot", "dovenull", "vmail", "opendkim", "opendmarc", "_rspamd"]
FIRST_UID = 58101
# Where programs look for their own parts.
COMPILED_IN = {"usr/lib": ["dovecot", "rspamd"], "usr/share": ["dovecot", "rspamd"],
               "usr/bin": ["doveconf"]}
RUNS_AGAIN = ("POSTHOUSE_", "PYTHON", "PATH", "LANG", "LC_", "HOME", "TERM", "ASAN_", "UBSAN_")


def enter(addresses, name_server=None, hosts=()):
    """Runs the calling script anew inside; returns there. `hosts` are lines of /etc/hosts."""
    if INSIDE not in os.environ:
        _outside()
    # The first process of a namespace is deaf to signals that it has not asked for.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))
    _interfaces(addresses)
    _machine(name_server, hosts)


def _outside():
    alone = UNSHARE if os.getuid() == 0 else ["sudo", "-n", "-E", *UNSHARE]
    why = _forbidden(alone)
    if why:
        print(f"# skipped: this machine allows no namespaces of a test's own ({why})")
        print("ok - nothing is said where there is nothing to look at", flush=True)
        sys.exit(0)
    kept = {k: v for k, v in os.environ.items() if k.startswith(RUNS_AGAIN)}
    line = [*alone, "env", f"{INSIDE}=1", *(f"{k}={v}" for k, v in kept.items()),
            sys.executable, "-B", os.path.abspath(sys.argv[0]), *sys.argv[1:]]
    os.execvp(line[0], line)


def _forbidden(alone):
    """Why namespaces cannot be had; nothing where they can."""
    try:
        probe = subprocess.run([*alone, "mount", "-t", "tmpfs", "tmpfs", str(STAGE)],
                               capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    if probe.returncode == 0:
        return ""
    return " ".join(probe.stderr.split()) or f"unshare ended with {probe.returncode}"


def _run(*line):
    env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(line)}: {done.stderr.strip()}")


def _interfaces(addresses):
    _run("ip", "link", "set", "lo", "up")
    for address in addresses:
        _run("ip", "address", "add", f"{address}/32", "dev", "lo")
    # A connection to an address of the machine would come from that very address.
    for address in addresses[1:]:
        _run("ip", "route", "replace", "local", address, "dev", "lo", "table", "local",
            "src", addresses[0])


def _machine(name_server, hosts):
    _run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", str(STAGE))
    root = unpacked.root()
    socket.sethostname(HOSTNAME)
    passwd, group = _users()
    etc = {"passwd": passwd, "group": group, "hostname": HOSTNAME + "\n",
           "hosts": "\n".join([f"127.0.0.1 localhost {HOSTNAME}", *hosts, ""]),
           "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
           "resolv.conf": f"nameserver {name_server}\noptions timeout:2 attempts:2\n"
                          if name_server else "",
           "rspamd": root / "etc/rspamd"}
    _lay(pathlib.Path("/etc"), etc)
    for folder, names in COMPILED_IN.items():
        _lay(pathlib.Path("/") / folder, {name: root / folder / name for name in names})
    for folder in ("/run", "/var/log", "/var/lib/misc"):
        if os.path.isdir(folder):
            _run("mount", "-t", "tmpfs", "-o", "mode=0755", "tmpfs", folder)


def _users():
    passwd = pathlib.Path("/etc/passwd").read_text()
    group = pathlib.Path("/etc/group").read_text()
    for number, name in enumerate(USERS, FIRST_UID):
        passwd += f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin\n"
        group += f"{name}:x:{number}:\n"
    return passwd, group


def uid(name):
    """The number of one of the servers' users, and of its group."""
    return FIRST_UID + USERS.index(name)


def _lay(folder, entries):
    """Puts a folder of links in place of `folder`: all that was in it, and `entries`, each a path
    to link to or a file's text."""
    plain = str(folder).strip("/").replace("/", "-")
    before, after = STAGE / "before" / plain, STAGE / "after" / plain
    before.mkdir(parents=True)
    after.mkdir(parents=True)
    _run("mount", "--rbind", str(folder), str(before))
    for child in before.iterdir():
        if child.name not in entries:
            (after / child.name).symlink_to(child)
    for name, entry in entries.items():
        if isinstance(entry, pathlib.Path):
            (after / name).symlink_to(entry)
        else:
            (after / name).write_text(entry)
    _run("mount", "--bind", str(after), str(folder))
