"""The habits of wording that are kept out of code, messages, help and pages, and their search."""

import ast
import io
import re
import tokenize
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[2]

# Each habit as a pattern, and what to write instead.
HABITS = {
    r"(?<!there )\b(?:is|are|was|were) no (?!longer\b|more\b|such\b)\w+": "is not a valid …",
    r"\b(?:told|tells?)\b(?! apart| \w+ apart)": "print, show, warn, report",
    r"\bsaid\b|\bsays so\b": "print, show, warn, report, mention",
    r"\b(?:stands?|stood)\b(?! for\b)": "is, exists, is set",
    r"\b(?:lie|lies|lay)\b": "is, exists, is in",
    r", for (?:it|its|they|their|there|that is|this is|we|you|he|nobody|nothing|no)\b": "because",
    r"\b(?:ours|yours|theirs)\b": "the noun, such as: a value that you exported",
    r"\bwhom\b|\bwho (?:wins|won|gave|is asked)\b": "overrides, comes from, takes precedence over",
    r"\bwhat (?:is|was) (?:asked for|given|left|said|meant)\b": "the request, the argument",
    r"\blast[- ]known\b": "cached values",
    r"\b(?:nobody|nothing) is asked\b|\basks? nobody\b": "no request is sent",
    r"\ba start\b(?!-)": "a run, when the program starts",
    r"\bto the letter\b|\banew\b": "verbatim, again",
    r"\b(?:a|one) (?:line|sentence|file|word) (?:each|a \w+)\b": "one … for each …",
    r"\band never a value\b": "its own sentence",
    r"[,;] else\b(?! if\b)": "otherwise",
    r"\b(?:nobody|somebody|whoever)\b": "the actor: another program, another user, no one",
    r"\bdoors?\b": "entry point",
    r"(?:^|(?<=[.!?] ))(?:What|Of each|Whoever|Who) [^?]*$": "the noun as the subject",
}
_ALL = {re.compile(habit, re.MULTILINE): instead for habit, instead in HABITS.items()}
# Comments and docstrings that steer a tool, and code inside a text.
_CODE = re.compile(r"``[^`]*``|`[^`\n]*`|<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
# A part that docs/generate.py writes from the code, which is searched itself.
_WRITTEN = re.compile(r"<!-- (\S+): written by.*?<!-- /\1 -->", re.DOTALL)


class Hit(NamedTuple):
    """A habit that a text has."""

    file: str
    line: int
    phrase: str
    instead: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.phrase!r}: write {self.instead}"


def of_text(text, file, line=1):
    """Each habit in a text, which begins at a line of a file; text in backticks is left out."""
    plain = _CODE.sub(lambda code: "\n" * code[0].count("\n") + "…", text)
    for habit, instead in _ALL.items():
        for found in habit.finditer(plain):
            yield Hit(file, line + plain.count("\n", 0, found.start()), found[0][:60], instead)


def of_module(source, file):
    """Search the messages, docstrings and comments of a Python module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield from of_text(node.value, file, node.lineno)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield from of_text(token.string.lstrip("# "), file, token.start[0])


def of_page(text, file):
    """Search the prose of a page."""
    for block in (_WRITTEN, _FENCE):
        text = block.sub(lambda found: "\n" * found[0].count("\n"), text)
    return of_text(text, file)
