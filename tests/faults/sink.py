"""A receiver of mail that forgets nothing: it answers 250 after the recipient stands on its disk.

    sink.py DIRECTORY PORTS      prints `PORT PORT ...`, one listener each, and serves until it ends

DIRECTORY/copies has a line for each copy taken: when (CLOCK_MONOTONIC), recipient, Message-ID, and
whether the content was whole. A copy counts from the final dot on, also where the sender is gone
before it hears the answer. The recipient's local part says how it is received:

    slow-…    250 comes a while after the copy was taken: a delivery that stays open
    later-…   451 at the first try, then taken
    never-…   550
"""
import asyncio
import hashlib
import os
import pathlib
import random
import re
import sys
import time

SLOW = (0.2, 1.5)


class Book:
    """Copies on disk. Those that come together share one fsync."""

    def __init__(self, path):
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.waiting = []
        self.wake = asyncio.Event()

    async def note(self, line):
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((line, done))
        self.wake.set()
        await done

    async def write(self):
        loop = asyncio.get_running_loop()
        while True:
            await self.wake.wait()
            self.wake.clear()
            batch, self.waiting = self.waiting, []
            if not batch:
                continue
            await loop.run_in_executor(None, self._sync, "".join(line for line, _ in batch))
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    def _sync(self, text):
        os.write(self.file, text.encode())
        os.fsync(self.file)


def is_whole(content):
    """The last line of a text part is the digest of what stands before it in the part."""
    body = content.partition(b"\r\n\r\n")[2].rstrip(b"\r\n")
    text, _, digest = body.rpartition(b"\r\n")
    return hashlib.sha256(text).hexdigest().encode() == digest


def message_id(content):
    found = re.search(rb"^Message-ID:\s*<([^>]+)>", content, re.I | re.M)
    return found.group(1).decode("ascii", "replace") if found else "none"


class Receiver:
    """One session. What later-… was told is known to all."""

    told_later = set()

    def __init__(self, book):
        self.book = book
        self.recipient = ""

    async def serve(self, reader, writer):
        try:
            writer.write(b"220 sink.example ESMTP\r\n")
            while await self.command(reader, writer):
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    async def command(self, reader, writer):
        line = await reader.readuntil(b"\r\n")
        verb = line[:4].upper()
        if verb == b"EHLO":
            writer.write(b"250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n"
                         b"250 SMTPUTF8\r\n")
        elif verb == b"RCPT":
            self.recipient = line[line.index(b"<") + 1:line.rindex(b">")].decode()
            writer.write(b"250 2.1.5 yes\r\n")
        elif verb == b"DATA":
            recipient = self.recipient
            writer.write(b"354 go\r\n")
            content = await reader.readuntil(b"\r\n.\r\n")
            content = content[:-3].replace(b"\r\n..", b"\r\n.")
            writer.write(await self.take(recipient, content))
        elif verb == b"QUIT":
            writer.write(b"221 2.0.0 bye\r\n")
            return False
        else:
            writer.write(b"250 2.0.0 yes\r\n")
        return True

    async def take(self, recipient, content):
        if recipient.startswith("never-"):
            return b"550 5.7.1 never\r\n"
        if recipient.startswith("later-") and recipient not in self.told_later:
            self.told_later.add(recipient)
            return b"451 4.7.1 later\r\n"
        whole = "whole" if is_whole(content) else "damaged"
        await self.book.note(f"{time.monotonic():.6f} {recipient} {message_id(content)} {whole}\n")
        if recipient.startswith("slow-"):
            await asyncio.sleep(random.uniform(*SLOW))
        return b"250 2.0.0 taken\r\n"


async def main(directory, count):
    book = Book(pathlib.Path(directory) / "copies")

    async def serve(reader, writer):
        await Receiver(book).serve(reader, writer)

    servers = [await asyncio.start_server(serve, "127.0.0.1", 0, limit=1 << 24)
               for _ in range(count)]
    print(*[server.sockets[0].getsockname()[1] for server in servers], flush=True)
    await book.write()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
