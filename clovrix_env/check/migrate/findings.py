"""The findings about a project: what becomes of a line, and what changes meaning. Pure."""

from __future__ import annotations

from clovrix_env.model.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional, Union

    Default = Optional[Union[str, int, float, bool]]

# The libraries and programs that are recognized.
DOTENV, ENVIRONS, DJANGO_ENVIRON = "python-dotenv", "environs", "django-environ"
DECOUPLE, DOPPLER, PYDANTIC = "python-decouple", "Doppler", "pydantic-settings"
STAYS = "stays"
UNCHANGED = "unchanged, or remove it and start the program with clovrix-exec --"

# The table in `docs/how-to/moving-over.md`: the lines that change meaning, by rule.
RULES = {
    "value": "a line of a file whose value the library and clovrix-env read differently",
    "refused": "a line that clovrix-env refuses, or a reference that nothing defines",
    "guard": "a name in a file that could take over the program: clovrix-env refuses it",
    "file": "a file that only the project or only clovrix-env reads, or neither in production",
    "order": "a load after which a file overrides the process environment, or several loads",
    "option": "an option of a load that clovrix-env does not have",
    "default": "a read whose default is not text, or differs from that of another read",
    "remote": "a project of Doppler, whose values are not on Clovrix yet",
    "settings-file": "a settings.ini of python-decouple, which clovrix-env does not read",
    "command": "a command that reads files in another order, or with another loader",
    "syntax": "a Python file that cannot be parsed, so that its loads and reads are unknown",
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
    refuses; ``is_certain`` if the read runs whenever the file is imported.
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


class Load(Record):
    """A load of a file: its path from the root, ``None`` if the code computes it."""

    file: str
    line: int
    library: str
    path: str | None
    overrides: bool = False
    interpolates: bool = True


class Findings:
    """The findings of all files, which each reader adds to."""

    def __init__(self) -> None:
        self.libraries: dict[str, None] = {}
        self.changes: list[Change] = []
        self.meanings: list[Meaning] = []
        self.reads: list[Read] = []
        self.loads: list[Load] = []
        self.unread: Load | None = None  # a load of a file that clovrix-env does not read
        self.tested: set[str] = set()  # names whose absence means something to the code
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

    def is_tested(self, name: str) -> bool:
        """Whether the code may behave differently if a variable is set to its default."""
        return name in self.tested or self.is_field(name)

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
