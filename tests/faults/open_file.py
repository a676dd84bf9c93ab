"""Reads the file of open deliveries as src/queue/open_deliveries.h describes it: which recipients'
final dot was sent while their outcome was not durable yet, at the moment of a kill."""
import base64
import struct

NAME = "open-deliveries"
MAGIC = b"PHOPEN01"
SLOT = 64


def external(identifier):
    """The form of an id outside (src/base/id_source.h)."""
    return base64.b32encode(struct.pack(">q", identifier)).decode().rstrip("=").lower()


def read(data_directory):
    """{(message id, index)}; empty where there is no file."""
    return set(copies(data_directory))


def copies(data_directory):
    """{(message id, index): final dots whose end nobody knows}."""
    path = data_directory / NAME
    if not path.exists():
        return {}
    content = path.read_bytes()
    if content[:8] != MAGIC:
        raise ValueError(f"{path} is no file of open deliveries")
    found = {}
    for at in range(SLOT, len(content) - SLOT + 1, SLOT):
        message, index, dots = struct.unpack_from("<qqI", content, at)
        if message:
            found[external(message), index] = dots
    return found
