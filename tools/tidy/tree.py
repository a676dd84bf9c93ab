"""The files that tidy reads, and findings about them."""
import functools
import pathlib

CODE = ("src", "fuzz", "bench", "tests/simulation")
TEXT = (".cpp", ".cc", ".h", ".inc", ".py", ".md", ".txt", ".cmake", ".sh", ".ts", ".vue", ".js",
        ".mjs", ".tsv", ".toml")
SKIPPED = {"build", "data", "node_modules", "dist", ".git", "__pycache__", "seeds", "out"}


class Tree:
    """A project's root; files are named relative to it, with forward slashes."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    @functools.cached_property
    def files(self):
        found = []
        pending = [self.root]
        while pending:
            for entry in sorted(pending.pop().iterdir()):
                if entry.name in SKIPPED or entry.is_symlink():
                    continue
                if entry.is_dir():
                    pending.append(entry)
                else:
                    found.append(entry.relative_to(self.root).as_posix())
        return sorted(found)

    def named(self, *folders, endings):
        return [f for f in self.files if f.startswith(tuple(d + "/" for d in folders))
                and f.endswith(tuple(endings))]

    def code(self):
        """C++ of the product, its tests and its fuzz targets."""
        return self.named(*CODE, endings=(".cpp", ".cc", ".h", ".inc"))

    def scripts(self):
        """Python and shell: tools, tests, and the programs without an ending."""
        plain = [f for f in self.files if f in ("run", "test", ".ci/run") or (
            f.startswith("tools/") and "." not in f.rsplit("/", 1)[-1])]
        return sorted(plain + [f for f in self.files if f.endswith((".py", ".sh"))])

    def texts(self):
        return [f for f in self.files if f.endswith(TEXT) or f in self.scripts()]

    @functools.cache
    def read(self, file):
        return (self.root / file).read_text(encoding="utf-8", errors="replace")

    def lines(self, file):
        return self.read(file).splitlines()

    def has(self, file):
        return (self.root / file).is_file()


def finding(file, line, sentence):
    return f"{file}:{line}: {sentence}" if line else f"{file}: {sentence}"


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
