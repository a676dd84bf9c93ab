"""A project of a few files, for the tests of the rules."""
import pathlib
import tempfile
import unittest

from tidy.tree import Tree


class RuleTest(unittest.TestCase):
    rule = None  # set by each test class

    def findings(self, files):
        """What the rule says about a tree of {name: contents}, without the folder."""
        with tempfile.TemporaryDirectory() as directory:
            for name, contents in files.items():
                path = pathlib.Path(directory) / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(contents, encoding="utf-8")
            return self.rule.check(Tree(directory))

    def good(self, files):
        self.assertEqual(self.findings(files), [])

    def bad(self, files, *words, count=1):
        """Exactly `count` findings, and the first has all the words."""
        found = self.findings(files)
        self.assertEqual(len(found), count, found)
        for word in words:
            self.assertIn(word, found[0])
