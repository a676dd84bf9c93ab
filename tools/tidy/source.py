"""A light reading of C++: comments and literals blanked, and where functions begin and end.

It does not parse the language. A function is a `{` at namespace or class level with `)` before it;
a control block inside is a `{` after if, for, while, switch, do, else, try or catch.
"""
import dataclasses
import re

LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
NAME = re.compile(r"((?:[A-Za-z_]\w*\s*(?:<[^<>;{}]*>)?\s*::\s*)*"
                  r"(?:operator\s*[^\s\w(]+|~?[A-Za-z_]\w*))\s*\(")
CONTROL = re.compile(r"(?:\b(?:if|for|while|switch|catch)\b(?:\s+constexpr)?\s*\(.*\)"
                     r"|\b(?:do|else|try)\b)\s*(?:\[\[\w+\]\]\s*)?$", re.S)
TYPE = re.compile(r"\b(?:class|struct|union|enum)\b[^;(){}]*$"
                  r"|\b(?:class|struct|union)\b(?:[^;{}=]|\([^)]*\))*$")
LABEL = re.compile(r"(?:\s*(?:public|private|protected)\s*:)*\s*")
NAMESPACE = re.compile(r"\b(?:namespace\b[^;{}()]*|extern\s*)$")


def blank(text, keep_strings=False):
    """The same text with comments (and literals) as spaces; lines and offsets stay."""
    def spaces(match):
        found = match.group(0)
        if keep_strings and not found.startswith(("//", "/*")):
            return found
        return re.sub(r"[^\n]", " ", found)
    return LITERALS.sub(spaces, text)


def comments(text):
    """The same text with everything but comments as spaces."""
    kept = list(re.sub(r"[^\n]", " ", text))
    for match in LITERALS.finditer(text):
        if match.group(0).startswith(("//", "/*")):
            kept[match.start():match.end()] = match.group(0)
    return "".join(kept)


@dataclasses.dataclass
class Function:
    name: str
    head: str        # from the end of what stands before it to its {
    begin: int       # offset of the first character of its head
    open: int        # offset of its {
    end: int         # offset after its }
    nesting: int     # the deepest control block in it
    first_line: int
    last_line: int

    @property
    def length(self):
        return self.last_line - self.first_line + 1


def functions(text):
    code = _without_directives(blank(text))
    found, stack = [], []
    begin = 0  # where the words before the next { begin
    for match in re.finditer(r"[{};]", code):
        at = match.start()
        if match.group() == ";":
            if not _in_parentheses(code, begin, at):
                begin = at + 1
            continue
        if match.group() == "{":
            stack.append(_opened(code, begin, at, stack))
        elif stack:
            kind, function, _ = stack.pop()
            if kind == "function":
                _close(text, function, at + 1)
                found.append(function)
            if kind == "braces":
                continue  # an initializer: the words before it go on
        begin = at + 1
    return sorted(found, key=lambda f: f.begin)


def _without_directives(code):
    """Lines of the preprocessor as spaces, with those that they go on to."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                  code, flags=re.M)


def _in_parentheses(code, begin, at):
    part = code[begin:at]
    return part.count("(") > part.count(")")


def _opened(code, begin, at, stack):
    """What a { opens: (kind, the function, control depth within it)."""
    head = code[begin:at]
    outer = stack[-1] if stack else ("namespace", None, 0)
    if outer[0] in ("namespace", "type"):
        return _at_file_level(head, begin, at)
    kind, function, depth = outer
    if CONTROL.search(head.rstrip()):
        function.nesting = max(function.nesting, depth + 1)
        return ("block", function, depth + 1)
    lambda_or_block = not head.strip() or head.rstrip().endswith((")", "mutable", "]", ":"))
    lambda_or_block = lambda_or_block or re.search(r"->\s*[\w:<>&*\s,]+$", head)
    return ("block" if lambda_or_block else "braces", function, depth)


def _at_file_level(head, begin, at):
    words = head.strip()
    if NAMESPACE.search(words):
        return ("namespace", None, 0)
    if "(" in words and not re.match(r"(?:typedef\s+)?enum\b", words):
        name = NAME.search(words)
        is_type = TYPE.search(words) and not words.endswith(("const", "noexcept", ")", "override"))
        if name and not is_type and not re.search(r"[^=!<>]=\s*$", words):
            start = begin + LABEL.match(head).end()
            return ("function", Function(name.group(1), words, start, at, at, 0, 0, 0), 0)
    if TYPE.search(words):
        return ("type", None, 0)
    return ("braces", Function("", "", at, at, at, 0, 0, 0), 0)


def _close(text, function, end):
    function.end = end
    function.first_line = text.count("\n", 0, function.begin) + 1
    function.last_line = text.count("\n", 0, end) + 1


def strings(text):
    """String literals of a piece of code, neighbours joined: [(offset, contents)]."""
    found = []
    last_end = None
    for match in LITERALS.finditer(text):
        literal = match.group(0)
        if literal.startswith("//") or literal.startswith("/*") or literal.startswith("'"):
            continue
        if literal.startswith("R"):
            contents = literal[literal.index("(") + 1:literal.rindex(")")]
        else:
            contents = literal[1:-1]
        joined = last_end is not None and re.fullmatch(r"[\s]*(?:[A-Z][A-Z_]*)?[\s]*",
                                                       text[last_end:match.start()])
        if joined:
            found[-1] = (found[-1][0], found[-1][1] + contents)
        else:
            found.append((match.start(), contents))
        last_end = match.end()
    return found
