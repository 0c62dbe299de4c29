"""What a site needs beyond the pages: navigation, addresses, and pages without comments.

The navigation is ``docs/index.md`` itself: each heading begins a group, and its links to pages are
the entries.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from pygments.lexers.shell import BashLexer
from sphinx import addnodes
from sphinx.builders.html import StandaloneHTMLBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docutils.nodes import document
    from sphinx.application import Sphinx

_GROUP = re.compile(r"^##+ (.+)$")
_LONG_WORD = 40
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+\.md)\)")


class Website(StandaloneHTMLBuilder):
    """HTML in which the pages below ``docs`` are at the top: ``docs/tutorial`` is tutorial.html."""

    name = "html"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        return super().get_target_uri(docname.removeprefix("docs/"), typ)

    def get_output_path(self, page_name: str, /) -> Path:
        return super().get_output_path(page_name.removeprefix("docs/"))

    def get_outdated_docs(self) -> set[str]:
        """All pages: each shows the navigation, and each is in the one index of the search."""
        return self.env.found_docs

    def dump_search_index(self) -> None:
        """Write the index of the search, which makes the address of a page from its name."""
        super().dump_search_index()
        index = Path(self.outdir, self.searchindex_filename)
        index.write_text(index.read_text("utf-8").replace('"docs/', '"'), "utf-8")


def navigation(index: str) -> Iterator[str]:
    """The map as hidden tables of contents, a group each."""
    groups: dict[str, dict[str, str]] = {"": {}}
    group = ""
    for line in index.splitlines():
        if found := _GROUP.match(line):
            group = found[1]
            groups[group] = {}
        for text, path in _LINK.findall(line):
            if not any(path in pages for pages in groups.values()):
                groups[group][path] = text.replace("`", "")
    for caption, pages in groups.items():
        if pages:
            yield "```{toctree}"
            yield ":hidden:"
            yield f":caption: {_capital(caption)}" if caption else ""
            yield from (f"{_capital(text)} <{path}>" for path, text in pages.items())
            yield "```"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _add_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == app.config.root_doc:
        source[0] = "\n".join((source[0], *navigation(source[0])))


def _fit_site(_: Sphinx, doctree: document) -> None:
    """Remove comments, which are for the tests, and links to folders, which a site cannot show.

    Long names in tables, such as those of tests, may be broken.
    """
    for raw in [*doctree.findall(nodes.raw)]:
        if raw.astext().startswith("<!--"):
            raw.parent.remove(raw)
    here = Path(doctree["source"]).parent
    for link in [*doctree.findall(addnodes.pending_xref)]:
        if (here / link["reftarget"]).is_dir():
            link.replace_self(link.children)
    for literal in doctree.findall(nodes.literal):
        if max(map(len, literal.astext().split()), default=0) > _LONG_WORD:
            literal["classes"].append("long")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_builder(Website, override=True)
    app.add_lexer("dotenv", BashLexer)
    app.connect("source-read", _add_navigation)
    app.connect("doctree-read", _fit_site)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
