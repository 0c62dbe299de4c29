"""``examine``: reads a project's files, and says what becomes of them with clovrix-env."""

from __future__ import annotations

import os
import re

from clovrix_env.check import source_tree
from clovrix_env.check.migrate import env_files, loads, proposal, python_code, start_commands
from clovrix_env.check.migrate.findings import DECOUPLE, DOPPLER, DOTENV, Findings
from clovrix_env.check.migrate.report import Report
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MOST_FOLDERS = 2_000
_MOST_ENV_FILES = 100
_ENV_FILE = re.compile(r"^(?:\.?env(?:\.[\w-]+){0,3}|\.?[\w-]+(?:\.[\w-]+)?\.env|\.flaskenv)$")
_NOT_VALUES = (".py", ".pyi", ".js", ".ts", ".sh", ".md", ".rst", ".yml", ".yaml", ".json", ".toml")
_SETTINGS = "settings.ini"


def examine(root: str, project: str | None, environment: str | None) -> Report:
    """Return the report about the project in a folder. Nothing is run or changed."""
    notes: list[str] = []
    found = Findings()
    names = list(source_tree.names(root))
    sources = [n for n in names if n.endswith(".py") and not _is_test(n)]
    python_code.examine(source_tree.contents(root, sources, notes, python_code.WORDS), found)
    found.is_one_program = len(sources) == 1
    hidden = (n for folder in start_commands.FOLDERS for n in _listed(root, folder))
    starts = [*filter(start_commands.is_one, [*names, *hidden])]
    for name, content in source_tree.contents(root, dict.fromkeys(starts), notes):
        start_commands.examine(content.decode("utf-8", "replace"), _slashed(name), found)
    texts = dict(_env_files(root, [*names, *loads.named(found)], notes))
    values = _compare(texts, found)
    own_names = loads.examine(texts, found)
    loads.newly_read(texts, own_names, environment or "", found)
    loads.for_production(texts, found)
    loads.from_doppler(found)
    if DECOUPLE in found.libraries:
        _settings_files(names, found)
    text = proposal.propose(found, values, own_names, project, environment)
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
    readers = {loads.path_of(load, texts): load for load in found.loads}
    usual = next(iter(found.loads), None)
    values: dict[str, list[str]] = {}
    for file, text in texts.items():
        load = readers.get(file, usual)
        libraries = [name for name in found.libraries if name != DOPPLER]
        library = load.library if load is not None else next(iter(libraries), DOTENV)
        interpolates = load is None or load.interpolates
        read = env_files.compare(text, file, library, found, interpolates=interpolates)
        for name, value in read.items():
            values.setdefault(name, []).append(value)
        now = "not read by a load that is known here"
        if file in readers or None in readers:
            now = f"read by {library}"
        elif os.path.basename(file) in found.mentioned:
            now = "read by a command"
        found.change(file, 0, now, loads.becomes(file))
    return values


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
