"""The rules of the house, each a module with check(tree) -> findings. Part of ./test."""
from tidy import (citations, floors, headers, libraries, marks, names, purity, sizes, tenancy)
from tidy.tree import Tree

RULES = {
    "floors": floors,
    "sizes": sizes,
    "names": names,
    "headers": headers,
    "citations": citations,
    "libraries": libraries,
    "purity": purity,
    "tenancy": tenancy,
    "marks": marks,
}


def check(root, rules=None):
    """Rule -> findings about the project at root, each `file:line: sentence`."""
    tree = Tree(root)
    return {rule: RULES[rule].check(tree) for rule in (rules or RULES)}
