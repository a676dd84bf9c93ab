"""What one NAME of ./test means: a tidy rule, a script, a fuzz target, a folder of src/, or else
words of a unit test's sentence."""
import pathlib
import sys

import fuzzing
import scripts
import units
from commands import PROJECT

sys.path.insert(0, str(PROJECT / "tools"))
import tidy  # noqa: E402


def names(kind):
    return [script.stem.removesuffix("_test") for script in scripts.scripts(kind)]


class Selection:
    def __init__(self, name):
        plain = pathlib.PurePath(name).name.removesuffix(".py").removesuffix("_test")
        folder = name.removeprefix("src/").strip("/").replace("/", "_").removesuffix("_test")
        folder = folder.removeprefix("ph_")
        fuzz = name if name.endswith("_fuzz") else f"{name}_fuzz"
        self.rules = self._pick(name, list(tidy.RULES))
        if name == "tidy":
            self.rules = list(tidy.RULES)
        self.house = self._pick(plain, names("house")) or (names("house") * (name == "house"))
        chosen = {kind: self._pick(plain, names(kind)) or names(kind) * (name == kind)
                  for kind in scripts.OF_THE_BINARY}
        self.scripts = {kind: found for kind, found in chosen.items() if found}
        self.fuzz = self._pick(fuzz, fuzzing.targets()) or (fuzzing.targets() * (name == "fuzz"))
        self.folders = self._pick(folder, units.folders())
        self.simulation = name == "simulation"
        found = (self.rules or self.house or self.scripts or self.fuzz or self.folders
                 or self.simulation)
        self.words = None if found else name

    @staticmethod
    def _pick(name, among):
        return [name] if name in among else []


def choices():
    """Every name, a line each, with its kind."""
    found = [f"rule      {rule}" for rule in tidy.RULES]
    found += [f"house     {name}" for name in names("house")]
    found += [f"folder    {name}" for name in units.folders()]
    found += [f"fuzz      {name}" for name in fuzzing.targets()]
    found += ["stage     simulation"]
    for kind in scripts.OF_THE_BINARY:
        found += [f"{kind:9} {name}" for name in names(kind)]
    return [*found, "or words of a unit test's sentence"]
