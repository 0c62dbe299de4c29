"""The names that the files of a project import from one another. Pure."""

from __future__ import annotations

import ast

from clovrix_env.check.migrate.syntax import CLASSES, KNOWN, Names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from clovrix_env.check.migrate.syntax import Imported

# Modules that import from one another, one after the other.
_DEEPEST = 16
# Words of files that make an object which reads variables.
_MAKERS = (b"Env(", b"Config(")


class OwnModules:
    """The exported names of each file. One tree at a time is kept: it takes much memory."""

    def __init__(self, files: Mapping[str, bytes], parse: Callable[[bytes], object]) -> None:
        self._files = files
        self._parse = parse
        self._exported: dict[str, dict[str, str]] = {}
        self._depth = 0
        # `a.b` is also src/a/b.py: the files by the last part of their module.
        self._by_end: dict[str, list[str]] = {}
        self._folders: set[str] = set()
        for file in sorted(files, key=len):
            module = _module_of(file)
            self._folders.update(module.split("/"))
            self._by_end.setdefault(module.rpartition("/")[2], []).append(file)
        # The instances of all files, for `from package import env` through files without one.
        self._instances: dict[str, str] = {}
        for file, content in files.items():
            if any(word in content for word in _MAKERS):
                exported = self._of_file(file).items()
                made = {n: full for n, full in exported if full in CLASSES.values()}
                self._instances.update(made)

    def imported_by(self, file: str) -> Imported:
        """Return the function that finds the names of a module which a file imports."""
        folder = file.rpartition("/")[0].split("/") if "/" in file else []

        def imported(module: str, level: int, name: str) -> Mapping[str, str] | None:
            first = module.partition(".")[0]
            if not level and (first in KNOWN or first not in self._folders):
                return None
            above = folder[: len(folder) - level + 1] if level else []
            path = "/".join((*above, *module.split("."))).rstrip("/")
            found = self._find(path, is_whole=bool(level))
            if found is not None:
                return self._of_file(found)
            return {} if name == "*" else self._instances

        return imported

    def _find(self, path: str, *, is_whole: bool) -> str | None:
        for file in self._by_end.get(path.rpartition("/")[2], ()):
            module = _module_of(file)
            if module == path or (not is_whole and module.endswith(f"/{path}")):
                return file
        return None

    def _of_file(self, file: str) -> dict[str, str]:
        if file in self._exported or self._depth == _DEEPEST:
            return self._exported.get(file, {})
        self._exported[file] = {}  # of files that import one another
        self._depth += 1
        tree = self._parse(self._files[file])
        if isinstance(tree, ast.Module):
            self._exported[file] = Names(tree, self.imported_by(file)).exported
        self._depth -= 1
        return self._exported[file]


def _module_of(file: str) -> str:
    """Return ``a/b`` of the files ``a/b.py`` and ``a/b/__init__.py``."""
    path = file.removesuffix(".py")
    return path.removesuffix("__init__").rstrip("/")
