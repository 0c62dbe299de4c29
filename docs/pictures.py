"""Draws the pictures of the pages as SVG, each for a light and a dark background.

The terminal shows a block of README that the tests run, the architecture the import contract, and
the starts what ``tests/benchmarks/starts.py`` has measured.
``generate.py`` writes the files and checks that they are current.
"""

from __future__ import annotations

from html import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

_STYLE = """<style>
text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
text { fill: #1f2328; white-space: pre }
.note { font: 13px ui-sans-serif, system-ui, sans-serif; fill: #59636e }
.name { font-weight: 600 } .strong { fill: #1a7f37 }
.box { fill: #f6f8fa; stroke: #d1d9e0 } .line { stroke: #59636e; fill: none }
.bar { fill: #afb8c1 } .own { fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .note { fill: #9198a1 } .strong { fill: #3fb950 }
.box { fill: #151b23; stroke: #3d444d } .line { stroke: #9198a1 }
.bar { fill: #59636e } .own { fill: #3fb950 }
}
</style>"""

# Lowest first, in the groups that they come from.
_SOURCES = (
    ("[variables] default", ".clovrix, committed"),
    ("extended projects, in order", "Clovrix or the embedded store"),
    ("the project", "Clovrix or the embedded store"),
    (".env", "files on this machine"),
    (".env.{environment}", "files on this machine"),
    (".env.local", "files on this machine"),
    (".env.{environment}.local", "files on this machine"),
    ("process environment", "what you exported"),
    ("overrides= / --set", "this call"),
)


def terminal(command: str, printed: Sequence[str]) -> str:
    """A terminal in which ``command`` has printed lines of a name, a value and an origin.

    Args:
        command: The command line, without its prompt.
        printed: What it printed; the columns are two or more spaces apart.

    Returns:
        The picture as SVG.
    """
    rows = [_text(20, 58, f"$ {command}")]
    for number, line in enumerate(printed, 1):
        name, _, rest = line.partition(" ")
        changed = "strong" if " hides " in line or "(hides" in line else ""
        rows.append(_text(20, 58 + 24 * number, name, "name"))
        rows.append(_text(20 + 8.43 * len(name), 58 + 24 * number, f" {rest}", changed))
    width = round(40 + 8.43 * max(map(len, (command, *printed))))
    height = 80 + 24 * len(printed)
    dots = "".join(f'<circle class="line" cx="{x}" cy="20" r="5"/>' for x in (22, 40, 58))
    return _picture("A terminal", width, height, [_box(1, 1, width - 2, height - 2), dots, *rows])


def precedence() -> str:
    """The sources from the one that everything overrides, at the bottom, to the highest one."""
    rows: list[str] = []
    for number, (source, group) in enumerate(reversed(_SOURCES)):
        top = 8 + 36 * number
        rows += [_box(60, top, 280, 28), _text(74, top + 19, source)]
        above = len(_SOURCES) - number
        if above == len(_SOURCES) or _SOURCES[above][1] != group:
            rows.append(_text(360, top + 19, group, "note"))
    bottom = 36 * len(_SOURCES)
    arrow = _line(f"M30 {bottom} V16 M24 26 L30 14 L36 26")
    return _picture("Which source overrides which", 580, bottom + 8, [arrow, *rows])


def floors(layers: Iterable[str]) -> str:
    """The rooms of the package, each line above those that it may import."""
    rows: list[str] = []
    lines = list(layers)
    for number, line in enumerate(lines):
        rooms = [room.strip() for room in line.split("|")]
        width = (560 - 10 * (len(rooms) - 1)) / len(rooms)
        for column, room in enumerate(rooms):
            left, top = 40 + column * (width + 10), 8 + 36 * number
            rows += [_box(left, top, width, 28), _text(left + 12, top + 19, room)]
    bottom = 36 * len(lines)
    tip = bottom - 10
    arrow = _line(f"M20 12 V{bottom} M14 {tip} L20 {bottom + 2} L26 {tip}")
    return _picture("Which folder may import which", 610, bottom + 8, [arrow, *rows])


# What each step is given, what it does, and what becomes of the result.
_PARTS_OF_FLOW = ("sources: a layer each", "resolution", "entry points and commands")
_FLOW = (
    ("overrides, --set", "guard: refused names", "load_env(): os.environ"),
    ("process environment", "precedence", "resolve_env(): a mapping"),
    (".env files", "interpolate: ${NAME}", "clovrix-exec: a program"),
    ("Clovrix, cache, or store", "contract: [variables]", "export: a text"),
    ("[variables] defaults", "Environment", "explain: a table, JSON"),
)


def flow() -> str:
    """The way of a value: settings to sources, their layers through four steps, and out."""
    rows = [_box(8, 8, 804, 28), _text(22, 27, "settings: arguments, CLOVRIX_*, .clovrix")]
    rows += [_text(8 + 280 * n, 76, part, "note") for n, part in enumerate(_PARTS_OF_FLOW)]
    rows.append(_line("M126 36 V56 M120 48 L126 58 L132 48"))
    for number, (source, step, result) in enumerate(_FLOW):
        top = 88 + 44 * number
        middle = top + 14
        for left, text in ((8, source), (288, step), (568, result)):
            rows += [_box(left, top, 244, 28), _text(left + 14, top + 19, text)]
        rows.append(_line(f"M252 {middle} H264 M552 {middle} H564"))
        if number + 1 < len(_FLOW):
            tip = top + 36
            rows.append(_line(f"M410 {top + 28} V{top + 42} M405 {tip} L410 {top + 43} L415 {tip}"))
    bottom = 88 + 44 * (len(_FLOW) - 1) + 14
    rows.append(_line(f"M264 {bottom} V102 H284 M276 96 L286 102 L276 108"))
    rows.append(_line(f"M532 {bottom} H552 V102"))
    return _picture("From sources to a program", 820, 302, rows)


def starts(measured: Mapping[str, Any]) -> str:
    """The wall time of each start as a bar, with the quartiles as a line; ours are coloured."""
    rows: list[str] = []
    shown = measured["starts"]
    scale = 400 / max(start["wall"][2] for start in shown.values())
    for number, (name, start) in enumerate(shown.items()):
        top = 8 + 26 * number
        median, low, high = (scale * figure for figure in start["wall"])
        kind = "own" if start["own"] else "bar"
        label = f"{name} {start['version']}" if not start["own"] else name
        rows.append(_text(8, top + 14, label, "name" if start["own"] else ""))
        rows.append(f'<rect class="{kind}" x="330" y="{top}" width="{median:.1f}" height="18"/>')
        rows.append(_line(f"M{330 + low:.1f} {top + 9} H{330 + high:.1f}"))
        rows.append(_text(342 + max(median, high), top + 14, f"{start['wall'][0]:.1f} ×"))
    bottom = 8 + 26 * len(shown)
    for number, note in enumerate(
        (
            f"Wall time until `true` has run, as multiples of python -c pass "
            f"({measured['milliseconds of python -c pass']} ms), with 50 variables.",
            f"Medians and quartiles of {measured['rounds']} rounds, {measured['date']}.",
            f"{measured['python']}; {measured['cpu']}.",
        )
    ):
        rows.append(_text(8, bottom + 20 + 20 * number, note, "note"))
    return _picture("Start-up times beside other launchers", 820, bottom + 72, rows)


def _picture(title: str, width: int, height: int, parts: Iterable[str]) -> str:
    def lines() -> Iterator[str]:
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
            f' viewBox="0 0 {width} {height}" role="img">'
        )
        yield f"<title>{escape(title)}</title>"
        yield _STYLE
        yield from parts
        yield "</svg>\n"

    return "\n".join(lines())


def _line(path: str) -> str:
    return f'<path class="line" d="{path}" stroke-width="2"/>'


def _box(left: float, top: float, width: float, height: float) -> str:
    return (
        f'<rect class="box" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="6"/>'
    )


def _text(left: float, top: float, text: str, kind: str = "") -> str:
    style = f' class="{kind}"' if kind else ""
    return f'<text x="{left:g}" y="{top:g}"{style} xml:space="preserve">{escape(text)}</text>'
