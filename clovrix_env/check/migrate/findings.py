"""The findings about a project: what becomes of a line, and what changes meaning. Pure."""

from __future__ import annotations

import re

from clovrix_env.model.record import Record
from clovrix_env.settings.project_file import ProjectFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union

    Default = Optional[Union[str, int, float, bool]]

# The libraries and programs that are recognized.
DOTENV, ENVIRONS, DJANGO_ENVIRON = "python-dotenv", "environs", "django-environ"
DECOUPLE, DOPPLER, PYDANTIC = "python-decouple", "Doppler", "pydantic-settings"
STAYS = "stays"
UNCHANGED = "unchanged, or remove it and start the program with clovrix-exec --"
# Names that the system or a platform sets; their reads are not the program's configuration.
SYSTEM = re.compile(
    r"^(?:HOME|PATH|PWD|USER|USERNAME|LOGNAME|SHELL|TERM|LANG|TZ|TMPDIR|TEMP|TMP|EDITOR|PAGER|DISPLAY"
    r"|CI|NO_COLOR|VIRTUAL_ENV|APPDATA|LOCALAPPDATA|USERPROFILE|HOSTNAME|COLUMNS|LINES"
    r"|(?:XDG|LC|PYTHON|PYTEST|GITHUB|CLOVRIX|__CLOVRIX|CONDA|DOPPLER)_.*|PYTHON.*)$"
)

# The table in `docs/how-to/moving-over.md`: the lines that change meaning, by rule.
RULES = {
    "value": "a line of a file whose value the library and clovrix-env read differently",
    "refused": "a line that clovrix-env refuses, or refers to a name that the file does not set",
    "guard": "a name in a file that could take over the program: clovrix-env refuses it",
    "file": "a file that only the project, only clovrix-env or not every program reads",
    "order": "a load after which a file overrides the process environment, or another file",
    "environment": "a read of `os.environ`, which gets the value of a file only with clovrix-env",
    "option": "an option of a load that clovrix-env does not have",
    "remote": "a project of Doppler, whose values are not on Clovrix yet",
    "settings-file": "a settings.ini of python-decouple, which clovrix-env does not read",
    "command": "a command that reads files in another order, or with another loader",
    "syntax": "a Python file that cannot be parsed, so that its loads and reads are unknown",
    "unread": "a file that was not read, so that its lines are unknown",
}


class Change(Record):
    """A line of the project, and its replacement; ``STAYS`` if it can remain."""

    file: str
    line: int
    what: str
    becomes: str = STAYS


class Meaning(Record):
    """A line that means something else with clovrix-env."""

    rule: str
    file: str
    line: int
    sentence: str
    remedy: str


class Read(Record, hidden=("default",)):
    """A read of a variable: its type in the contract, and the default in the code.

    A ``type`` other than ``str`` means that the code converts the text; ``stops`` if the program
    cannot start without a value. A ``default`` of ``None`` is a missing one, or none that can be
    written to a file. ``is_strict`` if the code refuses every text that a contract of this type
    refuses; ``is_certain`` if the read runs whenever the file is imported; ``is_of_os`` if it is of
    ``os.environ``.
    """

    name: str
    file: str
    line: int
    type: str
    default: Default
    stops: bool
    optional: bool
    is_strict: bool = False
    is_certain: bool = True
    is_of_os: bool = False


class Load(Record):
    """A load of a file: its path from the root, ``None`` if the code computes it.

    ``is_certain`` if it runs whenever the file is imported and its values are the program's;
    ``group`` is the first line of the loads of one class of settings; ``sets_environ`` is false
    for ``dotenv_values``.
    """

    file: str
    line: int
    library: str
    path: str | None
    overrides: bool = False
    interpolates: bool = True
    is_certain: bool = False
    group: int = 0
    sets_environ: bool = True


class Findings:
    """The findings of all files, which each reader adds to."""

    def __init__(self) -> None:
        self.libraries: dict[str, None] = {}
        self.changes: list[Change] = []
        self.meanings: list[Meaning] = []
        self.reads: list[Read] = []
        self.loads: list[Load] = []
        self.files_differ = False  # between the programs, so that [files] names cannot list them
        # The project's .clovrix, or a proposed one: its names decide which files are read.
        self.declared: ProjectFile = ProjectFile()
        self.also_read: set[str] = set()  # further names that code and commands read or test
        self.fields: set[str] = set()  # of classes of settings, with the prefixes of their names
        self.prefixes: set[str] = {""}
        self.is_one_program = False  # with several files, no program may import all of them
        # Files that commands name, lines that name production, and lines of Doppler's projects.
        self.mentioned: set[str] = set()
        self.production: list[tuple[str, int]] = []
        self.remotes: list[tuple[str, int]] = []
        self.schemes: set[str] = set()  # names whose type and default Env(…) of django-environ has
        self.project = ""
        self.environment = ""

    def is_field(self, name: str) -> bool:
        """Whether a class of settings reads a variable."""
        upper = name.upper()
        return any(upper.startswith(p) and upper[len(p) :] in self.fields for p in self.prefixes)

    def change(self, file: str, line: int, what: str, becomes: str = STAYS) -> None:
        self.changes.append(Change(file, line, what, becomes))

    def computed(self, file: str, line: int) -> None:
        """Add a read whose name the code computes, so that it is not in the proposed file."""
        self.change(file, line, "a computed name", f"{STAYS}; declare its variables yourself")

    def not_utf_8(self, file: str, line: int, option: str) -> None:
        sentence = f"{option}= is not UTF-8: clovrix-env reads UTF-8 only"
        self.means("option", file, line, sentence, "save the file as UTF-8")

    def remote(self, file: str, line: int) -> None:
        self.remotes.append((file, line))

    def means(self, rule: str, file: str, line: int, sentence: str, remedy: str) -> None:
        self.meanings.append(Meaning(rule, file, line, sentence, remedy))
