"""Finds out which files a project reads now, and which of them clovrix-env reads. Pure."""

from __future__ import annotations

import re
import shlex

from clovrix_env.check.migrate.findings import DJANGO_ENVIRON, DOTENV, ENVIRONS
from clovrix_env.settings.project_file import ProjectFile
from clovrix_env.settings.user_config_edit import toml_string
from clovrix_env.sources.local_files import RESERVED
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from clovrix_env.check.migrate.findings import Findings, Load

_ENVIRONMENT = "{environment}"
_TEMPLATES = (*RESERVED - {"local"}, "template", "dist", "default")
# The names that [files] names can have.
_PLAIN = re.compile(r"(?!\.\.?$)[^/\\{}]{1,255}")
_LONGEST_PATH = 1_000
_SEARCHED = "/.env?"


def path_of(load: Load, texts: Collection[str]) -> str | None:
    """Return the file that a load finds, from the root; ``None`` if the code computes it."""
    path = load.path
    if not path or len(path) > _LONGEST_PATH or "://" in path:
        return None
    if not path.endswith(_SEARCHED):
        return _below_root(_normal(path), load.file.count("/"))
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


def searching(found: Findings, texts: Collection[str]) -> Load | None:
    """Return a load that would find a ``.env`` above the root, as the root has none."""
    searching = (load for load in found.loads if (load.path or "").endswith(_SEARCHED))
    return next((s for s in searching if path_of(s, texts) == ".env" not in texts), None)


def _normal(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return ("/" if path.startswith("/") else "") + "/".join(parts)


def _below_root(path: str, depth: int) -> str:
    """Return a path from the root: ``../.env`` of a program that starts in a folder below it."""
    above = len(path) - len(path.removeprefix("../" * path.count("../")))
    return path[above:] if 0 < above <= depth * len("../") else path


def is_default(file: str, found: Findings, environment: str = "") -> bool:
    """Whether clovrix-env reads a file by default in an environment, or in none."""
    names = {name.replace(_ENVIRONMENT, environment) for name in found.declared.file_names}
    return file in names and not is_template(file)


def is_template(file: str) -> bool:
    return file.rpartition(".")[2] in _TEMPLATES or file.endswith((".example.env", ".sample.env"))


def becomes(file: str, found: Findings) -> str:
    """Return what becomes of a file of variables."""
    if is_default(file, found):
        return "stays: read by default"
    if is_template(file):
        return "stays: never read; clovrix-env schema writes one from the contract"
    for name in found.declared.file_names:
        before, placeholder, after = name.partition(_ENVIRONMENT)
        if placeholder and file.startswith(before) and file.endswith(after):
            environment = file[len(before) : len(file) - len(after)]
            if re.fullmatch(r"[A-Za-z0-9_-]+", environment):
                return f"stays: read with -e {environment}"
    return f"stays; {_with([file])} reads it"


def reading(file: str, found: Findings | None = None) -> str:
    """Return what makes clovrix-env read a file that another program reads itself."""
    declared = found.declared if found is not None else ProjectFile()
    named = [] if file in declared.file_names else [file]
    return f"{_with(named)} before the command"


def _with(files: Sequence[str]) -> str:
    options = "".join(f" -f {shlex.quote(one_line(file))}" for file in files)
    return f"clovrix-exec{options} --"


def _remedy(files: Sequence[str]) -> str:
    listed = ", ".join(toml_string(one_line(file)) for file in files)
    order = ", where a later file overrides" if len(files) > 1 else ""
    return f"name it for each program{order}: {_with(files)}, or load_env(files=[{listed}])"


def examine(texts: Collection[str], found: Findings, *, may_name: bool) -> None:
    """Add what changes for each load, and whether programs read different files.

    If one load reads other files than clovrix-env does, and always, ``[files] names`` lists them:
    ``found.declared`` has them, unless there is a ``.clovrix`` already.
    """
    if may_name:
        names = _names(texts, found)
        found.declared = found.declared.replaced(file_names=names or found.declared.file_names)
    paths = {path_of(load, texts) for load in found.loads} - {None}
    for load in found.loads:
        if load.overrides:
            _overrides(load, found)
        path = path_of(load, texts)
        if path is None:
            sentence = "the path of the file is computed, so it is unknown"
            remedy = (
                "leave the line, or name the file: load_env(files=[…]), clovrix-exec -f FILE --"
            )
            found.means("file", load.file, load.line, sentence, remedy)
            continue
        if path not in texts and not path.startswith(("/", "..")):
            now = f"read by {load.library}, does not exist here"
            found.change(_searched_first(load) or path, 0, now, becomes(path, found))
        together = _together(load, texts, found)
        sentence = ""
        if not is_default(path, found):
            sentence = f"{path} is read, which clovrix-env does not read by default"
        elif path != ".env" and not paths <= {*together}:
            sentence = f"not every program reads {path}, but clovrix-env reads it by default"
        if sentence:
            found.files_differ = True
            found.means("file", load.file, load.line, sentence, _remedy(together))
        elif is_default(together[-1], found) and not _is_in_order(path, together, found):
            sentence = f"{together[-1]} overrides {path}, unlike with clovrix-env"
            found.means("order", load.file, load.line, sentence, _remedy(together))


def _names(texts: Collection[str], found: Findings) -> tuple[str, ...]:
    """Return the names for ``[files]``: those of the only load, unless it is conditional."""
    groups: dict[tuple[str, int], list[str | None]] = {}
    for load in found.loads:
        groups.setdefault((load.file, load.group), []).append(path_of(load, texts))
    if len({*map(tuple, groups.values())}) != 1 or not all(load.is_certain for load in found.loads):
        return ()
    names = [*dict.fromkeys(next(iter(groups.values())))][::-1]
    is_plain = all(n and n.isprintable() and _PLAIN.fullmatch(n) for n in names)
    if not is_plain or all(is_default(str(name), found) for name in names):
        return ()
    return tuple(map(str, names))


def _together(load: Load, texts: Collection[str], found: Findings) -> list[str]:
    """Return the files that are loaded together with that of a load; the last one overrides."""
    same = [
        one
        for one in found.loads
        if one.is_certain and (one.file, one.library) == (load.file, load.library)
        if one.library in _SETTERS or one.group == load.group
    ]
    if load not in same:
        same = [load]
    # Of loads that do not override, the first one overrides the later.
    ordered = [one for one in same if not one.overrides][::-1]
    ordered += [one for one in same if one.overrides]
    return [*dict.fromkeys(path for one in ordered if (path := path_of(one, texts)))]


def _is_in_order(path: str, together: Sequence[str], found: Findings) -> bool:
    names = found.declared.file_names
    last = together[-1]
    return not {path, last} <= {*names} or names.index(path) <= names.index(last)


def _searched_first(load: Load) -> str:
    path = load.path or ""
    return path[:-1].lstrip("/") if path.endswith(_SEARCHED) else ""


# The libraries that set ``os.environ``; environs did before version 15.
_SETTERS = (DOTENV, DJANGO_ENVIRON, ENVIRONS)


def _overrides(load: Load, found: Findings) -> None:
    sentence = "the file overrides the process environment"
    remedy = "write load_env(override=True), or clovrix-exec --override --"
    if load.library == ENVIRONS:
        sentence += " with environs before 15, and only earlier files with later versions"
        remedy = "with environs 15 or later leave the line; with an earlier one " + remedy
    found.means("order", load.file, load.line, sentence, remedy)


def newly_read(texts: Iterable[str], environment: str, found: Findings) -> None:
    """Add each file that only clovrix-env reads; none if the code computes the path of one."""
    now = {path_of(load, [*texts]) for load in found.loads}
    if None in now:
        return
    for file in texts:
        if is_default(file, found, environment) and not (file in now or file in found.mentioned):
            sentence = "no load that was found reads the file; clovrix-env reads it"
            remedy = "remove the file, or list the files to read: [files] names in .clovrix"
            found.means("file", file, 0, sentence, remedy)


def for_production(texts: Collection[str], found: Findings) -> None:
    """Add each start command for production, if the project has files that are not read there."""
    loaded = {path_of(load, texts) for load in found.loads}
    files = [file for file in found.declared.file_names if file in loaded or file in texts]
    for file, line in found.production if files else ():
        sentence = f"the line names production: clovrix-exec -e production does not read {files[0]}"
        remedy = (
            "set the values of production on Clovrix or in the process environment, or run "
            "clovrix-exec -e production --local --"
        )
        found.means("file", file, line, sentence, remedy)


def only_with_exec(names: Collection[str], found: Findings) -> None:
    """Add a read of ``os.environ`` that gets the value of a file only with clovrix-env."""
    loads = found.loads
    if not loads or any(o.sets_environ and o.library in (DOTENV, DJANGO_ENVIRON) for o in loads):
        return
    library = loads[0].library
    library = {ENVIRONS: "environs 15 or later", DOTENV: "dotenv_values()"}.get(library, library)
    for read in found.reads:
        if read.is_of_os and read.name in names:
            sentence = (
                f"{read.name} gets the value of the file with clovrix-env, but not with {library}, "
                "which does not set os.environ"
            )
            remedy = "leave the line if it may get this value, or read another name in it"
            found.means("environment", read.file, read.line, sentence, remedy)
            return


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
