"""Receivers that are hostile or sick, a thousand of them in one process.

    sick_receiver.py PORT EACH     prints `ready` and serves until it ends

Behaviour number K of BEHAVIOURS listens at 127.8.K.1 to 127.8.K.EACH. SIGUSR1 prints how many
connections were taken, and how many are open now.
"""
import asyncio
import resource
import signal
import socket
import struct
import sys

FULL = b"250-sick.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
TLS = b"250-sick.example\r\n250 STARTTLS\r\n"
LONG = 3600
DRIP = 1          # seconds between two octets
RATE = 10         # octets a second
SMALL = 2048      # octets of a receive buffer that is to be full


class Over(Exception):
    """The session ends."""


class Session:
    """What all of them do until their behaviour begins."""
    opened = taken = 0

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def serve(self):
        Session.taken += 1
        Session.opened += 1
        try:
            await self.run()
        except (Over, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError,
                OSError):
            pass
        finally:
            Session.opened -= 1
            self.writer.close()

    async def run(self):
        await self.say(await self.banner())
        while line := await self.reader.readline():
            verb = line[:4].upper().decode("latin-1").strip()
            answer = await getattr(self, verb.lower(), self.other)(line)
            await self.say(answer)

    async def say(self, answer):
        self.writer.write(answer)
        await self.writer.drain()

    async def banner(self):
        return b"220 sick.example ESMTP\r\n"

    async def ehlo(self, _):
        return FULL

    async def mail(self, _):
        return b"250 2.1.0 yes\r\n"

    async def rcpt(self, _):
        return b"250 2.1.5 yes\r\n"

    async def data(self, _):
        await self.say(b"354 go\r\n")
        while await self.reader.readline() not in (b".\r\n", b""):
            pass
        return await self.end()

    async def end(self):
        return b"250 2.0.0 taken\r\n"

    async def quit(self, _):
        await self.say(b"221 2.0.0 bye\r\n")
        raise Over

    async def other(self, _):
        return b"250 2.0.0 yes\r\n"

    async def hang(self):
        while await self.reader.read(65536):
            pass
        raise Over

    async def sleep(self):
        await asyncio.sleep(LONG)
        raise Over

    async def endlessly(self, chunk):
        while True:
            await self.say(chunk)


class NoBanner(Session):
    async def banner(self):
        await self.hang()


class DripsBanner(Session):
    async def banner(self):
        for octet in b"220 slow and steady " * 100:
            await self.say(bytes([octet]))
            await asyncio.sleep(DRIP)


class EndlessBanner(Session):
    async def banner(self):
        await self.endlessly(b"220-more to come\r\n" * 100)


class EndlessHello(Session):
    async def ehlo(self, _):
        await self.endlessly(b"250-X-MORE\r\n" * 100)


class LongLine(Session):
    async def ehlo(self, _):
        return b"250-" + b"x" * (10 << 20) + b"\r\n"


class Binary(Session):
    async def banner(self):
        return bytes(range(256)) * 20 + b"\r\n"


class StallsAfter354(Session):
    async def data(self, _):
        await self.say(b"354 go\r\n")
        await self.hang()


class TakesDataSlowly(Session):
    small = True

    async def data(self, _):
        await self.say(b"354 go\r\n")
        while await self.reader.read(RATE):
            await asyncio.sleep(1)
        raise Over


class ClosesBeforeDot(Session):
    async def data(self, _):
        await self.say(b"354 go\r\n")
        raise Over


class ClosesAfterDot(Session):
    async def end(self):
        raise Over


class ResetsAfterDot(Session):
    async def end(self):
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        raise Over


class BusyInTheMiddle(Session):
    async def rcpt(self, _):
        await self.say(b"421 4.3.2 shutting down\r\n")
        raise Over


class Later(Session):
    async def rcpt(self, _):
        return b"451 4.7.1 later\r\n"


class Never(Session):
    async def rcpt(self, _):
        return b"550 5.1.1 no such user\r\n"


class GarbageForTls(Session):
    async def ehlo(self, _):
        return TLS

    async def starttls(self, _):
        await self.say(b"220 2.0.0 go\r\n")
        await self.say(b"\x00\x01 this is no TLS \r\n" * 20)
        raise Over

    async def star(self, line):
        return await self.starttls(line)


class StallsInTls(GarbageForTls):
    async def starttls(self, _):
        await self.say(b"220 2.0.0 go\r\n")
        await self.hang()


class WindowZero(Session):
    """Never reads what comes after the greeting."""
    small = True

    async def run(self):
        await self.say(await self.banner())
        self.writer.transport.pause_reading()
        await self.sleep()


class SlowAtEachStep(Session):
    """Just in time for each phase, and too late for the session."""

    async def other(self, _):
        await asyncio.sleep(3)
        return b"250 2.0.0 yes\r\n"

    async def ehlo(self, line):
        await self.other(line)
        return b"250 sick.example\r\n"

    mail = rcpt = other

    async def data(self, line):
        await self.other(line)
        return await super().data(line)


class AnswersLate(Session):
    """250, long after anybody waits for it."""

    async def end(self):
        await self.sleep()


class WantsNothing(Session):
    async def banner(self):
        return b"554 5.7.1 not you\r\n"


BEHAVIOURS = [NoBanner, DripsBanner, EndlessBanner, EndlessHello, LongLine, Binary, StallsAfter354,
              TakesDataSlowly, ClosesBeforeDot, ClosesAfterDot, ResetsAfterDot, BusyInTheMiddle,
              Later, Never, GarbageForTls, StallsInTls, WindowZero, SlowAtEachStep, AnswersLate,
              WantsNothing]


def address(number, which):
    """Where the `which`th of a behaviour listens, from 0."""
    return f"127.8.{number}.{which + 1}"


def listener(kind, at, port):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if getattr(kind, "small", False):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    server.bind((at, port))
    server.listen(50)
    return server


async def main(port, each):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number, kind in enumerate(BEHAVIOURS):
        async def serve(reader, writer, kind=kind):
            await kind(reader, writer).serve()
        limit = 4096 if getattr(kind, "small", False) else 1 << 16
        for which in range(each):
            await asyncio.start_server(serve, limit=limit,
                                       sock=listener(kind, address(number, which), port))
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGUSR1, lambda: print(Session.taken, Session.opened, flush=True))
    print("ready", flush=True)
    await asyncio.sleep(LONG)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
