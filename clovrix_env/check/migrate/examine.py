"""``examine``: reads a project's files, and says what becomes of them with clovrix-env."""

from __future__ import annotations

import os
import re

from clovrix_env.check import source_tree
from clovrix_env.check.migrate import env_files, proposal, python_code, start_commands
from clovrix_env.check.migrate.findings import DECOUPLE, DOPPLER, Findings
from clovrix_env.check.migrate.report import Report
from clovrix_env.settings.project_file import ProjectFile
from clovrix_env.sources.local_files import RESERVED
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.check.migrate.findings import Load

_MOST_FOLDERS = 2_000
_MOST_ENV_FILES = 100
_ENV_FILE = re.compile(r"^(?:\.?env(?:\.[\w-]+){0,3}|\.?[\w-]+(?:\.[\w-]+)?\.env|\.flaskenv)$")
_NOT_VALUES = (".py", ".pyi", ".js", ".ts", ".sh", ".md", ".rst", ".yml", ".yaml", ".json", ".toml")
_DEFAULT_FILES = tuple(n for n in ProjectFile().file_names if "{" not in n)
_TEMPLATES = (*RESERVED - {"local"}, "template", "dist", "default")
_WORKFLOWS = ".github/workflows"
_SETTINGS = "settings.ini"
_SEARCHED = "/.env?"


def examine(root: str, project: str | None, environment: str | None) -> Report:
    """Return the report about the project in a folder. Nothing is run or changed."""
    notes: list[str] = []
    found = Findings()
    names = list(source_tree.names(root))
    sources = (n for n in names if n.endswith(".py") and not _is_test(n))
    python_code.examine(source_tree.contents(root, sources, notes, python_code.WORDS), found)
    starts = [*filter(start_commands.is_one, [*names, *_listed(root, _WORKFLOWS)])]
    for name, content in source_tree.contents(root, dict.fromkeys(starts), notes):
        start_commands.examine(content.decode("utf-8", "replace"), _slashed(name), found)
    found.project = project or found.project
    found.environment = environment or found.environment
    texts = dict(_env_files(root, names, notes))
    values = _compare(texts, found)
    own_names = _loads(texts, found)
    if DECOUPLE in found.libraries:
        _settings_files(names, found)
    text = proposal.propose(found, values, own_names)
    for read in found.reads:
        if proposal.declares(read.name):
            found.change(read.file, read.line, read.name, f"stays; [variables.{read.name}]")
    return Report.of(found, text, tuple(dict.fromkeys(notes)))


def _is_test(path: str) -> bool:
    return source_tree.is_test(os.path.basename(path))


def _slashed(name: str) -> str:
    return name.replace(os.sep, "/")


def _listed(root: str, folder: str) -> list[str]:
    """Return the files of a folder; a link to another folder has none."""
    path = os.path.normpath(os.path.join(root, folder))
    if os.path.realpath(path) != os.path.normpath(os.path.join(os.path.realpath(root), folder)):
        return []
    try:
        return [f"{folder}/{name}" if folder else name for name in sorted(os.listdir(path))]
    except OSError:
        return []


def _env_files(root: str, names: Iterable[str], notes: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the files of variables and their texts. Git ignores most of them, so it lists none."""
    folders = [*dict.fromkeys(("", *map(os.path.dirname, names)))]
    if len(folders) > _MOST_FOLDERS:
        notes.append(f"more than {_MOST_FOLDERS:,} folders: .env files of the others were not read")
    count = 0
    for folder in folders[:_MOST_FOLDERS]:
        for name in _listed(root, folder):
            base = os.path.basename(name)
            if not _ENV_FILE.match(base) or base.endswith(_NOT_VALUES):
                continue
            path = os.path.join(root, name)
            if not os.path.lexists(path) or os.path.isdir(path):
                continue
            count += 1
            if count > _MOST_ENV_FILES:
                notes.append(f"more than {_MOST_ENV_FILES} .env files: the others were not read")
                return
            try:
                yield _slashed(name), files.text_of(files.read(path, follow=False)[0])
            except files.Unreadable as why:
                notes.append(f"{_slashed(name)} {why}, and was not read")


def _compare(texts: dict[str, str], found: Findings) -> dict[str, list[str]]:
    """Compare each file as its library reads it; return all values of each name."""
    readers = {_resolved(load, texts): load for load in found.loads}
    usual = next((load for load in found.loads), None)
    values: dict[str, list[str]] = {}
    for file, text in texts.items():
        load = readers.get(file, usual)
        libraries = [name for name in found.libraries if name != DOPPLER]
        library = load.library if load is not None else next(iter(libraries), "python-dotenv")
        interpolates = load is None or load.interpolates
        read = env_files.compare(text, file, library, found, interpolates=interpolates)
        for name, value in read.items():
            values.setdefault(name, []).append(value)
        found.change(file, 0, f"read by {library}", _place_of(file))
    return values


def _place_of(file: str) -> str:
    if file in _DEFAULT_FILES:
        return "stays: read by default"
    if file.rpartition(".")[2] in _TEMPLATES or file.endswith((".example.env", ".sample.env")):
        return "stays: never read; clovrix-env schema writes one from the contract"
    return f"stays; clovrix-exec -f {file} -- reads it"


def _resolved(load: Load, texts: Iterable[str]) -> str | None:
    """Return the file that a load finds, from the root; ``None`` if the code computes it."""
    path = load.path
    if path is None or not path.endswith(_SEARCHED):
        return None if path is None else os.path.normpath(path).replace(os.sep, "/")
    folder = path[: -len(_SEARCHED)]
    while folder:
        if f"{folder}/.env" in texts:
            return f"{folder}/.env"
        folder = folder.rpartition("/")[0]
    return ".env"


def _loads(texts: dict[str, str], found: Findings) -> list[str]:
    """Add what changes for each load; return the names for ``[files]``, if they need any."""
    seen: dict[str, Load] = {}
    for load in found.loads:
        path = _resolved(load, texts)
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
        if "/" in path:
            found.unread = found.unread or load
            found.means(
                "file",
                load.file,
                load.line,
                f"{path} is read, which clovrix-env does not read by default",
                f"name it: load_env(files=[…]), or clovrix-exec -f {path} --",
            )
        first = next(iter(seen.values()), None)
        if first is not None and path not in seen and first.library == load.library:
            found.means(
                "order",
                load.file,
                load.line,
                f"{first.file}:{first.line} loads another file: the first one overrides the later",
                "order [files] names in .clovrix, where the last one overrides",
            )
        seen.setdefault(path, load)
    plain = [path for path in seen if "/" not in path]
    return plain[::-1] if any(path not in _DEFAULT_FILES for path in plain) else []


def _settings_files(names: Iterable[str], found: Findings) -> None:
    for name in names:
        if os.path.basename(name) == _SETTINGS:
            found.means(
                "settings-file",
                _slashed(name),
                0,
                "python-decouple reads this file before .env; clovrix-env does not",
                "move its values to .env, without %(NAME)s and %%",
            )
