"""Formats rows as a table for a terminal, for a pipe (one line per row) or for a notebook. Pure.

A ``width`` of ``None`` wraps nothing, because the output may go to ``grep``.
"""

from __future__ import annotations

from clovrix_env.system.terminal import one_line, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Sequence

# Below this width the columns are too narrow for names: cells are placed below each other.
NARROW = 60
_GAP = 2
_NARROWEST_COLUMN = 12
# Without wrapping, a wider cell does not push away the columns of other rows.
_WIDEST_PADDED = 120


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int | None,
    names: Container[str] = (),
) -> str:
    """Return rows under a head in at most ``width`` columns. Cells are wrapped, never cut.

    Under 60 columns, and if the columns do not fit, each row becomes several lines below the title
    of the first column. The other titles are in lower case there, except ``names``. Empty columns
    are left out.
    """
    lines = _filled(head, rows)
    if width is None:
        padded = [min(widest, _WIDEST_PADDED) for widest in _widest(lines)]
        return "\n".join(_line(line, padded) for line in lines)
    widths = _widths(lines, width)
    if not _fit(widths, width):
        titles = [title if title in names else title.lower() for title in lines[0][1:]]
        return "\n".join([lines[0][0], *(_stacked(titles, row, width) for row in lines[1:])])
    from itertools import zip_longest

    return "\n".join(
        _line(line, widths)
        for row in lines
        for line in zip_longest(*map(wrapped, row, widths), fillvalue="")
    )


def _fit(widths: Sequence[int], width: int) -> bool:
    return width >= NARROW and sum(widths) + _GAP * (len(widths) - 1) <= width


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows under a head as an HTML table with every cell escaped, without empty columns."""
    from html import escape

    lines: list[str] = []
    for number, row in enumerate(_filled(head, rows)):
        tag = "td" if number else "th"
        cells = (f'<{tag} style="text-align: left">{escape(cell)}</{tag}>' for cell in row)
        lines.append(f"<tr>{''.join(cells)}</tr>")
    # The classes keep MathJax from reading a formula in a path.
    return "\n".join(('<table class="tex2jax_ignore mathjax_ignore">', *lines, "</table>"))


def _filled(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the head and the rows without empty columns and unprintable characters."""
    kept = [at for at in range(len(head)) if any(row[at] for row in rows)]
    return [[printable(row[at]) for at in kept] for row in (head, *rows)]


def titled(rows: Sequence[tuple[str, str]], width: int | None) -> str:
    """Return each text beside its title, in its own column; under 60 columns, below it."""
    lines: list[str] = []
    if width is not None and width < NARROW:
        for title, text in rows:
            lines += [*wrapped(title, width), *(f"  {line}" for line in _cell(text, width - 2))]
        return "\n".join(lines)
    most = max(len(title) for title, _ in rows) + _GAP
    for title, text in rows:
        first, *rest = _cell(text, None if width is None else width - most) or [""]
        lines += [f"{title.ljust(most)}{first}".rstrip(), *(f"{'':{most}}{line}" for line in rest)]
    return "\n".join(lines)


def _cell(text: str, width: int | None) -> list[str]:
    return wrapped(one_line(text), width)


def _stacked(titles: Sequence[str], row: Sequence[str], width: int) -> str:
    lines = wrapped(row[0], width)
    for title, cell in zip(titles, row[1:]):
        if cell:
            first, *rest = wrapped(f"{title} {cell}", width - 4)
            lines += [f"  {first}", *(f"    {line}" for line in rest)]
    return "\n".join(lines)


def _widths(rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the width of each column; the widest ones shrink until all fit."""
    widths = _widest(rows)
    left = width - _GAP * (len(widths) - 1)
    while sum(widths) > left and max(widths) > _NARROWEST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    return widths


def _widest(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    gap = " " * _GAP
    return gap.join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()


def wrapped(text: str, width: int | None) -> list[str]:
    """Wrap a text into lines of at most ``width`` characters; an empty text has no line."""
    if width is None or len(text) <= width:
        return [text] if text else []
    from textwrap import wrap

    return wrap(text, width, break_on_hyphens=False)
