"""File systems of a test's own: ext4 in a file, by a loop device, and tmpfs. Where the machine
allows none, Skipped says why.

    with small_disk.Ext4(2 << 30) as disk:
        ... write below disk.mount, and stop the writers ...
        copied = disk.copy()      what a power cut leaves
        disk.exchange(copied)     the writers are gone: it is mounted instead

A power cut leaves what the file system had handed to its disk, and nothing of what it held in
memory. The file of a loop device is that disk: un-synced data is not in it. It is copied while its
writers are stopped (SIGSTOP), because a copy of a disk that changes would have newer blocks at its
end than at its start, which no power cut leaves; and since the kernel itself may still write, it is
read a second time: a second reading that finds no difference proves that there was a moment,
between the two, at which the disk was just this.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from fault import Skipped

CHUNK = 1 << 20
READINGS = 50
ROOM = 2 << 30  # of /dev/shm, for it to be used


def _run(*line):
    env = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    done = subprocess.run([*map(str, line)], capture_output=True, text=True, check=False, env=env)
    if done.returncode != 0:
        raise OSError(f"{' '.join(map(str, line))}: {done.stderr.strip()}")


def place():
    """A directory for images: in memory where there is room, which is as good a disk and a quick
    one."""
    shm = pathlib.Path("/dev/shm")
    with contextlib.suppress(OSError):
        found = os.statvfs(shm)
        if found.f_bavail * found.f_frsize >= ROOM:
            return tempfile.mkdtemp(prefix="posthouse-disk-", dir=shm)
    return tempfile.mkdtemp(prefix="posthouse-disk-")


def pieces(file, size):
    """(offset, bytes) of all that is no hole."""
    at = 0
    while at < size:
        try:
            at = os.lseek(file, at, os.SEEK_DATA)
        except OSError:  # only a hole is left
            return
        end = os.lseek(file, at, os.SEEK_HOLE)
        while at < end:
            found = os.pread(file, min(CHUNK, end - at), at)
            yield at, found
            at += len(found)


def copy_at_rest(source, target, size):
    """The state of `source` at one moment."""
    with open(source, "rb") as reader, open(target, "w+b") as writer:
        os.truncate(writer.fileno(), size)
        for _ in range(READINGS):
            changed = False
            for at, found in pieces(reader.fileno(), size):
                if os.pread(writer.fileno(), len(found), at) != found:
                    os.pwrite(writer.fileno(), found, at)
                    changed = True
            if not changed:
                return
    raise OSError("the disk never came to rest")


class Ext4:
    def __init__(self, size, inodes=None):
        self.size = size
        self.inodes = inodes or 8192
        self.place = pathlib.Path(place())
        self.mount = self.place / "mount"
        self.image = self.place / "image"

    def __enter__(self):
        try:
            self.place.chmod(0o755)
            self.mount.mkdir()
            with open(self.image, "wb") as file:
                file.truncate(self.size)
            # Nothing is left to be written by the kernel later on.
            _run("mkfs.ext4", "-q", "-F", "-N", self.inodes, "-J", "size=8", "-m", "0",
                 "-E", "lazy_itable_init=0,lazy_journal_init=0,nodiscard", self.image)
            self._mount()
        except OSError as why:
            shutil.rmtree(self.place, ignore_errors=True)
            raise Skipped(f"no file system of a test's own can be mounted here ({why})") from None
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", str(self.mount)], capture_output=True, check=False)
        shutil.rmtree(self.place, ignore_errors=True)

    def _mount(self):
        _run("mount", "-o", "loop", self.image, self.mount)

    def copy(self):
        """What a power cut now would leave. The writers are stopped."""
        copied = self.place / "copy"
        copy_at_rest(self.image, copied, self.size)
        return copied

    def exchange(self, copied):
        """Mounts the copy in place of the disk. The writers are gone; what the file system still
        wants to write goes to the old image, and with it."""
        _run("umount", self.mount)
        self.image.unlink()
        copied.rename(self.image)
        self._mount()


@contextlib.contextmanager
def tmpfs(size):
    """A directory with a file system of its own."""
    with tempfile.TemporaryDirectory(prefix="posthouse-disk-") as directory:
        try:
            _run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "posthouse-test",
                 directory)
        except OSError as why:
            raise Skipped(f"no file system of a test's own can be mounted here ({why})") from None
        try:
            yield pathlib.Path(directory)
        finally:
            subprocess.run(["umount", "--lazy", directory], check=True)
