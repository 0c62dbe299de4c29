"""Generated worlds: every layer with a few names, as files and as the oracle's lines."""

import json
from random import Random

from hypothesis import strategies as st
from resolve.oracle import Line, Ref

_FILES = (".env", ".env.dev", ".env.local", ".env.dev.local")
_NAMES = "ABCD"
_OPERATORS = ("", "", "-", ":-", "+", ":+", "?", ":?")

_LITERALS = ("x", "x", "$A", "${", "'", '"', " # y", "\n", "")


def _parts(chance, depth):
    """Texts and references, which have such parts themselves behind their operator."""
    return tuple(
        Ref(chance.choice(_NAMES + "Z"), chance.choice(_OPERATORS), _parts(chance, depth - 1))
        if depth and chance.random() < 0.6
        else chance.choice(_LITERALS)
        for _ in range(chance.randrange(3))
    )


def _pool():
    """Lines to choose from: name, value and style. Drawn piece by piece they cost 3 × as much."""
    chance = Random(2026)
    return [(chance.choice(_NAMES), _parts(chance, 2), chance.randrange(6)) for _ in range(2_000)]


_values = st.sampled_from(("", "v", "${A}", "w x"))
_mappings = st.dictionaries(st.sampled_from(_NAMES), _values, max_size=2)
_files = st.lists(st.sampled_from(_pool()), min_size=1, max_size=4)
CASES = st.fixed_dictionaries(
    {"defaults": _mappings, "shared": _mappings, "backend": _mappings,
     "files": st.tuples(*[_files] * len(_FILES)), "process": _mappings,
     "overrides": _mappings, "override": st.booleans(),
     "remote": st.sampled_from((True, True, True, False))}
)  # fmt: skip


def _written(parts, style):
    """A value in a line of a file: bare or single-quoted where it can be, else double-quoted."""
    whole = "".join(_shown(part, bare=True) for part in parts)
    if style < 2 and not set("'\"# \n").intersection(whole):
        return whole
    text = "".join(part for part in parts if isinstance(part, str))
    if style < 4 and all(isinstance(part, str) for part in parts) and not set("'\n") & set(text):
        return f"'{text}'"
    return '"' + "".join(_shown(part, bare=False) for part in parts) + '"'


def _shown(part, *, bare):
    if isinstance(part, Ref):
        argument = "".join(_shown(piece, bare=bare) for piece in part.argument)
        return f"${{{part.name}{part.operator}{argument if part.operator else ''}}}"
    escaped = part.replace("${", "\\${")
    return escaped if bare else escaped.replace('"', '\\"').replace("\n", "\\n")


def lines_of(case, project):
    """Writes the files; all bindings, and the rank of the process environment."""
    process = 0.5 if case["override"] else 7
    literals = [
        (0, "default in .clovrix", case["defaults"]),
        (process, "process environment", case["process"]),
        (8, "overrides=", case["overrides"]),
    ]
    if case["remote"]:
        literals.append((1, "shared/dev on Clovrix", case["shared"]))
        literals.append((2, "backend/dev on Clovrix", case["backend"]))
    lines = [
        Line(rank, 0, source, name, (value,))
        for rank, source, values in literals
        for name, value in values.items()
    ]
    for rank, (file, bindings) in enumerate(zip(_FILES, case["files"]), 3):
        text = ""
        for name, parts, style in bindings:
            text += "\n# C=1\n" if style == 5 else ""
            number = text.count("\n") + 1
            text += f"{name}={_written(parts, style)}\n"
            lines.append(Line(rank, number, f"{file}:{number}", name, parts))
        project.write(file, text)
    project.declare(
        'project = "backend"\ndefault_environment = "dev"\nextends = ["shared"]\n'
        + "".join(
            f"[variables.{name}]\ndefault = {json.dumps(value)}\n"
            for name, value in case["defaults"].items()
        )
    )
    return lines, process
