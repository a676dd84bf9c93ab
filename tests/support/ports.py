"""Ports on loopback for the servers of one test, and waiting until they answer."""
import random
import socket
import time

# Below the ports that the kernel gives to outgoing connections (ip_local_port_range): those come
# and go, and one of them could take the port between here and the server's start.
PORTS = range(10000, 32000)
given = set()


def free_port():
    """A port that is free for TCP and UDP on 127.0.0.1 now, and was not given before."""
    for port in random.sample(PORTS, 200):
        if port in given:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
        given.add(port)
        return port
    raise RuntimeError("no port is free on 127.0.0.1 for TCP and UDP together")


def wait_for(what, condition, seconds=20):
    """Asks `condition` until it gives something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


def listening(port, address="127.0.0.1"):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False
