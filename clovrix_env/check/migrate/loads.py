"""Finds out which files a project reads now, and which of them clovrix-env reads. Pure."""

from __future__ import annotations

import re

from clovrix_env.check.migrate.findings import PYDANTIC
from clovrix_env.settings.project_file import ProjectFile
from clovrix_env.sources.local_files import RESERVED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from clovrix_env.check.migrate.findings import Findings, Load

# The default files, the later override the earlier.
_DEFAULT_FILES = tuple(n for n in ProjectFile().file_names if "{" not in n)
_OF_ENVIRONMENT = re.compile(r"\.env\.([A-Za-z0-9_-]+)(?:\.local)?")
_TEMPLATES = (*RESERVED - {"local"}, "template", "dist", "default")
# The names that [files] names can have.
_PLAIN = re.compile(r"(?!\.\.?$)[^/\\{}\x00-\x1f]{1,255}")
_LONGEST_PATH = 1_000
_SEARCHED = "/.env?"


def path_of(load: Load, texts: Collection[str]) -> str | None:
    """Return the file that a load finds, from the root; ``None`` if the code computes it."""
    path = load.path
    if not path or len(path) > _LONGEST_PATH or "://" in path:
        return None
    if not path.endswith(_SEARCHED):
        return _normal(path)
    folder = path[: -len(_SEARCHED)]
    while folder:
        if f"{folder}/.env" in texts:
            return f"{folder}/.env"
        folder = folder.rpartition("/")[0]
    return ".env"


def named(found: Findings) -> list[str]:
    """Return the files below the root that loads name: git may ignore their whole folder."""
    paths = [_normal(load.path) for load in found.loads if load.path]
    return [path for path in paths if not path.startswith(("/", ".."))]


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)


def is_default(file: str, environment: str) -> bool:
    """Whether clovrix-env reads a file by default in an environment, or in none."""
    names = {name.replace("{environment}", environment) for name in ProjectFile().file_names}
    return file in names and not is_template(file)


def is_template(file: str) -> bool:
    return file.rpartition(".")[2] in _TEMPLATES or file.endswith((".example.env", ".sample.env"))


def becomes(file: str) -> str:
    """Return what becomes of a file of variables."""
    if file in _DEFAULT_FILES:
        return "stays: read by default"
    if is_template(file):
        return "stays: never read; clovrix-env schema writes one from the contract"
    environment = _OF_ENVIRONMENT.fullmatch(file)
    if environment is not None:
        return f"stays: read with -e {environment[1]}"
    return f"stays; clovrix-exec -f {file} -- reads it"


def examine(texts: Collection[str], found: Findings) -> list[str]:
    """Add what changes for each load; return the names for ``[files]``, if they need any."""
    seen: dict[str, Load] = {}
    for load in found.loads:
        path = path_of(load, texts)
        if load.overrides:
            found.means(
                "order",
                load.file,
                load.line,
                "the file overrides the process environment",
                "write load_env(override=True), or clovrix-exec --override --",
            )
        if path is None:
            found.unread = found.unread or load
            found.means(
                "file",
                load.file,
                load.line,
                "the path of the file is computed, so it is not known here",
                "leave the line, or name the file: load_env(files=[…]), clovrix-exec -f FILE --",
            )
            continue
        if not _PLAIN.fullmatch(path):
            found.unread = found.unread or load
            found.means(
                "file",
                load.file,
                load.line,
                f"{path} is read, which clovrix-env does not read by default",
                f"name it: load_env(files=[…]), or clovrix-exec -f {path} --",
            )
        first_path, first = next(iter(seen.items()), ("", load))
        if path not in seen and first_path and _keeps_first(first, load, first_path, path):
            found.means(
                "order",
                load.file,
                load.line,
                f"{first.file}:{first.line} loads another file: the first one overrides the later",
                "order [files] names in .clovrix, where the last one overrides",
            )
        seen.setdefault(path, load)
    plain = [(path, load) for path, load in seen.items() if _PLAIN.fullmatch(path)]
    if all(path in _DEFAULT_FILES for path, _ in plain):
        return []
    # The last one overrides: of loads that do not override, that is the first.
    above = [path for path, load in plain if load.overrides]
    return [path for path, load in plain[::-1] if not load.overrides] + above


def _keeps_first(first: Load, load: Load, path: str, other: str) -> bool:
    """Whether the file that was loaded first overrides a later one, unlike with clovrix-env."""
    if first.library != load.library or load.library == PYDANTIC or load.overrides:
        return False
    if path in _DEFAULT_FILES and other in _DEFAULT_FILES:
        return _DEFAULT_FILES.index(path) < _DEFAULT_FILES.index(other)
    return True


def newly_read(
    texts: Iterable[str], names: Collection[str], environment: str, found: Findings
) -> None:
    """Add each file that only clovrix-env reads; none if the code computes the path of one."""
    now = {path_of(load, [*texts]) for load in found.loads}
    if None in now or names:  # [files] names lists only files that are loaded
        return
    for file in texts:
        if is_default(file, environment) and not (file in now or file in found.mentioned):
            sentence = "no load that is known here reads the file; clovrix-env reads it"
            remedy = "remove the file, or list the files to read: [files] names in .clovrix"
            found.means("file", file, 0, sentence, remedy)


def for_production(texts: Collection[str], found: Findings) -> None:
    """Add each start command for production, if the project has files that are not read there."""
    loaded = {path_of(load, texts) for load in found.loads}
    files = [file for file in _DEFAULT_FILES if file in loaded or file in texts]
    for file, line in found.production if files else ():
        sentence = f"the line names production: clovrix-exec -e production does not read {files[0]}"
        remedy = (
            "set the values of production on Clovrix or in the process environment, or run "
            "clovrix-exec -e production --local --"
        )
        found.means("file", file, line, sentence, remedy)


def from_doppler(found: Findings) -> None:
    """Add the place at which a project of Doppler is named, or started."""
    if found.remotes:
        file, line = min(found.remotes, key=lambda place: not place[0].startswith("doppler."))
        sentence = "the values of this project are on Doppler, and not on Clovrix yet"
        remedy = (
            "import them (doppler secrets download --no-file --format json | clovrix-env import "
            "--yes --format json - -p PROJECT -e NAME), name the project in .clovrix, and run "
            "clovrix-env login"
        )
        found.means("remote", file, line, sentence, remedy)
