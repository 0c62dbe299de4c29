"""The services of a compose file that run another program, such as a database. Pure."""

from __future__ import annotations

import re

from clovrix_env.check.migrate.start_lines import depth

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_KEY = re.compile(r"^\s*[\w.-]+\s*:\s*(?:&\w+\s*)?(?:#.*)?$")
_IMAGE = re.compile(r"^\s*image\s*:\s*[\"']?([^\s\"'#]+)")
# Keys of a service that may be built by this project although it has no `build:` itself.
_BUILT = re.compile(r"^\s*(?:build|extends|<<)\s*:")
# An image of the language runs a program of the project.
_RUNS_CODE = re.compile(r"(?:^|/)(?:python|pypy|uv)(?::|$)|\$\{?[A-Z]")


def is_one(base: str) -> bool:
    """Whether a file is one of compose, by its name."""
    return "compose" in base and base.endswith((".yml", ".yaml"))


def others(text: str) -> set[int]:
    """Return the numbers of the lines of services whose image this project does not build."""
    services = list(_services(text.split("\n")))
    built = {_image(lines) for _, lines in services if any(map(_BUILT.match, lines))}
    found: set[int] = set()
    for first, lines in services:
        image = _image(lines)
        is_own = any(map(_BUILT.match, lines)) or image in built or _RUNS_CODE.search(image)
        if image and not is_own:
            found.update(range(first, first + len(lines)))
    return found


def _services(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield each service: the number of its first line, and its lines."""
    at = next((n for n, line in enumerate(lines) if re.match(r"services\s*:", line)), len(lines))
    header, first, service = 0, at + 2, list[str]()
    for number, line in enumerate(lines[at + 1 :], at + 2):
        if line.strip() and not line.lstrip().startswith("#"):
            if depth(line) == 0:
                break
            header = header or depth(line)
            if depth(line) == header and _KEY.match(line):
                if service:
                    yield first, service
                first, service = number, []
        service.append(line)
    if service:
        yield first, service


def _image(lines: Sequence[str]) -> str:
    return next((found[1] for found in map(_IMAGE.match, lines) if found), "")
