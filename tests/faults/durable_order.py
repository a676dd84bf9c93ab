"""Whether acknowledgements came after what makes a message durable, in a trace of system calls. A
message is known by a token in its subject: token-N-M-end."""
import re


def ack_times(trace, acks):
    """{token: when sending its acknowledgement began}."""
    begun = {}
    for call in trace.of("sendto", "sendmsg", "write", "writev"):
        if "TCP" not in call.target or not re.search(r'"(HTTP/1\.1 20|250[ -])', call.arguments):
            continue
        for word in re.findall(r"[\w-]{13,}", call.arguments):
            begun.setdefault(word, call.begin)
    return {token: begun.get(identifier) for token, identifier in acks.items()}


def first_with(calls, tokens):
    """{token: the first call whose bytes have it}."""
    found = {}
    for call in calls:
        for token in re.findall(r"token-\d+-\d+-end", call.arguments):
            found.setdefault(token, call)
    return {token: found.get(token) for token in tokens}


def synced(syncs, write):
    """The first sync of the file that began after the write had ended."""
    return next((s for s in syncs if s.target == write.target and s.begin >= write.end), None)


def sqlite_order(trace, acks):
    """The tokens for which the order does not hold, and why."""
    syncs = trace.of("fsync", "fdatasync")
    writes = trace.of("pwrite64", "pwritev", "write")
    content = first_with([c for c in writes if c.target.endswith(".seg")], acks)
    rows = first_with([c for c in writes if c.target.endswith("-wal")], acks)
    wrong = {}
    for token, at in ack_times(trace, acks).items():
        if at is None or not content[token] or not rows[token]:
            wrong[token] = f"not seen: {at} {content[token]} {rows[token]}"[:300]
            continue
        of_content, of_row = synced(syncs, content[token]), synced(syncs, rows[token])
        if not of_content or not of_row:
            wrong[token] = "never synced"
        elif not of_content.end <= of_row.begin <= of_row.end <= at:
            wrong[token] = f"{of_content.end} {of_row.begin} {of_row.end} {at}"
    return wrong


def postgres_order(trace, acks, port):
    sends = [c for c in trace.of("sendto", "sendmsg", "write") if f":{port}]" in c.target]
    commits = [c for c in trace.of("recvfrom", "recvmsg", "read")
               if f":{port}]" in c.target and "COMMIT\\0" in c.arguments]
    rows = first_with(sends, acks)
    wrong = {}
    for token, at in ack_times(trace, acks).items():
        if at is None or not rows[token]:
            wrong[token] = f"not seen: {at} {rows[token]}"[:300]
            continue
        commit = next((c for c in commits
                       if c.target == rows[token].target and c.end >= rows[token].end), None)
        if not commit or not commit.end <= at:
            wrong[token] = f"{commit and commit.end} {at}"
    return wrong
