"""``examine``: reads a project's files, and says what becomes of them with clovrix-env."""

from __future__ import annotations

import os
import re

from clovrix_env.check import source_tree
from clovrix_env.check.migrate import env_files, loads, proposal, python_code, start_commands
from clovrix_env.check.migrate.findings import DECOUPLE, DOPPLER, DOTENV, Findings
from clovrix_env.check.migrate.report import Report
from clovrix_env.errors import Problems
from clovrix_env.settings import project_reader
from clovrix_env.settings.project_file import NAME
from clovrix_env.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MOST_FOLDERS = 2_000
_MOST_ENV_FILES = 100
_ENV_FILE = re.compile(r"^(?:\.?env(?:\.[\w-]+){0,3}|\.?[\w-]+(?:\.[\w-]+)?\.env|\.flaskenv)$")
_NOT_VALUES = (".py", ".pyi", ".js", ".ts", ".sh", ".md", ".rst", ".yml", ".yaml", ".json", ".toml")
_SETTINGS = "settings.ini"
_SMALLER = "name a folder of the project that has fewer"


def examine(root: str, project: str | None, environment: str | None) -> Report:
    """Return the report about the project in a folder. Nothing is run or changed."""
    notes: list[str] = []
    found = Findings()
    is_new = not os.path.lexists(os.path.join(root, NAME))
    if not is_new:
        _declared(root, found)
        environment = environment or found.declared.default_environment
    names = list(source_tree.names(root))
    sources = [n for n in names if n.endswith(".py") and not _is_test(n)]
    python_code.examine(source_tree.contents(root, sources, notes, python_code.WORDS), found)
    found.is_one_program = len(sources) == 1
    hidden = (n for folder in start_commands.FOLDERS for n in _listed(root, folder))
    starts = [*filter(start_commands.is_one, [*names, *hidden])]
    for name, content in source_tree.contents(root, dict.fromkeys(starts), notes):
        start_commands.examine(content.decode("utf-8", "replace"), _slashed(name), found)
    notebooks = [name for name in names if name.endswith(".ipynb")]
    for name, _ in source_tree.contents(root, notebooks, notes, (b"dotenv",)):
        found.change(
            _slashed(name), 0, "a notebook with dotenv", "not read: start it with clovrix-exec --"
        )
    _unread(notes, [*sources, *starts, *notebooks], found)
    texts = dict(_env_files(root, [*names, *loads.named(found)], found))
    usual = found.declared.file_names
    loads.examine(texts, found, may_name=is_new)
    values = _compare(texts, found)
    _above(root, texts, found)
    if found.declared.file_names == usual or not is_new:  # names lists only files that are loaded
        loads.newly_read(texts, environment or "", found)
    loads.for_production(texts, found)
    loads.from_doppler(found)
    if DECOUPLE in found.libraries:
        _settings_files(names, found)
    for read in found.reads:
        if proposal.declares(read.name):
            found.change(read.file, read.line, read.name, f"stays; [variables.{read.name}]")
    if not is_new:
        return Report.of(found, "")
    own_names = [name for name in found.declared.file_names if name not in usual]
    listed = found.declared.file_names if own_names else ()
    text = proposal.propose(found, values, listed, project, environment)
    problems = Problems()
    project_reader.parse(text, NAME, problems)  # what clovrix-exec refuses is never written
    problems.raise_if_any()
    return Report.of(found, text)


def _declared(root: str, found: Findings) -> None:
    """Read the project's ``.clovrix``, whose names decide which files are read by default."""
    found.change(NAME, 0, "exists", "stays: nothing is proposed over it")
    problems = Problems()
    try:
        with problems:
            text = files.text_of(files.read(os.path.join(root, NAME), follow=False)[0])
            found.declared = project_reader.parse(text, NAME, problems)
    except files.Unreadable as why:
        problems.add(f"{NAME} {why}")
    for problem in problems:
        remedy = problem.remedy or "correct it, or remove it to get a proposal"
        found.means("unread", NAME, 0, problem.sentence, remedy)


def _unread(notes: Iterable[str], names: Sequence[str], found: Findings) -> None:
    """Add each file that was left out: no line of it is known."""
    for note in dict.fromkeys(notes):
        name = next((name for name in names if note.startswith(f"{name} ")), "")
        remedy = "look for loads, reads and commands in it yourself"
        found.means("unread", _slashed(name) or ".", 0, note[len(name) :].lstrip(), remedy)


def _above(root: str, texts: dict[str, str], found: Findings) -> None:
    """Add a load that finds a file above the root, which clovrix-env does not read."""
    load = loads.searching(found, texts)
    path, folder = "", os.path.realpath(root)
    while load is not None and folder != os.path.dirname(folder):
        path, folder = f"../{path}", os.path.dirname(folder)
        if os.path.lexists(os.path.join(folder, ".env")):
            sentence = f"{path}.env, above the project, is read; clovrix-env does not read it"
            remedy = f"name it, as clovrix-exec -f {path}.env --, or move it into the project"
            found.means("file", load.file, load.line, sentence, remedy)
            return


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


def _env_files(root: str, names: Iterable[str], found: Findings) -> Iterator[tuple[str, str]]:
    """Yield the files of variables and their texts. Git ignores most of them, so it lists none."""
    folders = [*dict.fromkeys(("", *map(os.path.dirname, names)))]
    if len(folders) > _MOST_FOLDERS:
        sentence = f"has more than {_MOST_FOLDERS:,} folders: the others were not read"
        found.means("unread", ".", 0, sentence, _SMALLER)
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
                sentence = f"has more than {_MOST_ENV_FILES} .env files: the others were not read"
                found.means("unread", ".", 0, sentence, _SMALLER)
                return
            text = ""
            try:
                text = files.text_of(files.read(path, follow=False)[0])
            except files.Unreadable as why:
                remedy = "compare its lines yourself, or let this user read it as text"
                found.means("unread", _slashed(name), 0, f"was not read: it {why}", remedy)
            yield _slashed(name), text


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
        if file in readers:
            loads.only_with_exec(read, found)
        now = "not read by a load that was found"
        if file in readers or None in readers:
            now = f"read by {library}"
        elif os.path.basename(file) in found.mentioned:
            now = "read by a command"
        found.change(file, 0, now, loads.becomes(file, found))
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
