"""Writes the parts of the documentation that the code knows best.

    python docs/generate.py [--check]

A part stands between ``<!-- NAME: written by docs/generate.py -->`` and ``<!-- /NAME -->``, in
README or any page; NAME is one of ``PARTS``. Whole files are ``FILES``. ``--check`` writes nothing,
prints what is not as it should be, a line each, and exits with 1 if there is any.
"""

from __future__ import annotations

import ast
import configparser
import json
import re
import sys
from functools import partial
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TOP), str(TOP / "docs"), str(TOP / "tests")]

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

import click  # noqa: E402 - the path is set above
import docstrings  # noqa: E402
import openapi  # noqa: E402
import pictures  # noqa: E402
from faults import sentences  # noqa: E402

from clovrix_env import errors  # noqa: E402
from clovrix_env.api import limits  # noqa: E402
from clovrix_env.check.migrate.findings import RULES as MIGRATE_RULES  # noqa: E402
from clovrix_env.check.rules import RULES  # noqa: E402
from clovrix_env.cli.exec_options import options  # noqa: E402
from clovrix_env.cli.main import cli  # noqa: E402
from clovrix_env.cli.statuses import MEANINGS  # noqa: E402
from clovrix_env.contract import variable  # noqa: E402
from clovrix_env.contract.value_types import TYPES  # noqa: E402
from clovrix_env.resolution import guard_names, notes  # noqa: E402
from clovrix_env.settings import keys as project_keys  # noqa: E402
from clovrix_env.settings import schema as project_schema  # noqa: E402
from clovrix_env.settings.variables import VARIABLES  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from clovrix_env.contract.keys import Key

_PART = re.compile(
    r"(<!-- (?P<name>[\w-]+): written by docs/generate\.py -->\n).*?(<!-- /(?P=name) -->)",
    re.DOTALL,
)


def statuses() -> Iterator[str]:
    yield from _head("Status", "Meaning")
    for status, meaning in MEANINGS.items():
        yield _row(str(status), meaning)


def variables() -> Iterator[str]:
    yield from _head("Variable", "Values", "Meaning")
    for name, (values, says) in VARIABLES.items():
        taken = ", ".join(f"`{value}`" for value in values) or "text"
        yield _row(f"`{name}`", taken, says)


def guard_families() -> Iterator[str]:
    yield from _head("Names that begin with", "What such a name does", "What passes")
    for begin, effect in guard_names.FAMILIES.items():
        passes = ""
        if begin in guard_names.PASSES:
            ends = [f"*{end}" for end in guard_names.CREDENTIALS]
            passes = _names([*guard_names.PASSES[begin].split(), *ends])
        yield _row(f"`{begin}`", effect, passes)


def guard_names_of_tools() -> Iterator[str]:
    """What a name does stands in the code, where that is documented in ``guard.toml``."""
    effects = {**guard_names.NAMES, **{f"{b}*": e for b, e in guard_names.FAMILIES.items()}}
    tools = tomllib.loads((TOP / GUARD_SOURCES).read_text(encoding="utf-8"))
    yield from _head("Tool", "Names", "What they do", "Documented in")
    for tool in tools.values():
        groups: dict[str, list[str]] = {}
        for name in tool["names"].split():
            groups.setdefault(effects[name], []).append(name)
        for effect, names in groups.items():
            yield _row(tool["tool"], _names(names), effect, tool["documented"])


def guard_noted() -> Iterator[str]:
    noted: dict[str, list[str]] = {}
    for name, effect in {**notes.STEERING, **notes.NOTED}.items():
        noted.setdefault(effect, []).append(name)
    yield from _head("Description", "Names")
    for effect, names in noted.items():
        yield _row(effect, _names(names))


def _names(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def check_rules() -> Iterator[str]:
    yield from _head("Rule", "Finding", "Why")
    for rule, (finds, why) in RULES.items():
        yield _row(f"`{rule}`", finds, why)


def migrate_rules() -> Iterator[str]:
    yield from _head("Rule", "Finding")
    for rule, finds in MIGRATE_RULES.items():
        yield _row(f"`{rule}`", finds)


def exec_options() -> Iterator[str]:
    yield from _options(options)


def env_commands() -> Iterator[str]:
    """Every command of ``clovrix-env``, its arguments and its options."""
    for path, command in _commands(("clovrix-env",), cli):
        # An empty metavar is that of words which a command refuses.
        arguments = [p for p in command.params if isinstance(p, click.Argument) and p.metavar != ""]
        words = filter(None, (*path, command.options_metavar, *map(_argument, arguments)))
        yield f"### `{' '.join(path)}`"
        yield ""
        yield f"`{' '.join(words)}`"
        yield ""
        yield _first_paragraph(command.help or "")
        yield ""
        yield from _options(command)
        yield ""


def types() -> Iterator[str]:
    yield from _head("Type", "What is expected", "Accepted", "`typed()` gives")
    for name, kind in TYPES.items():
        python = f"`{kind.python}`" if kind.python.isidentifier() or "." in kind.python else ""
        yield _row(f"`{name}`", kind.form, kind.accepts, python or kind.python)


def keys_of(keys: Mapping[str, Key]) -> Callable[[], Iterator[str]]:
    """A table of keys of ``.clovrix``."""

    def table() -> Iterator[str]:
        yield from _head("Key", "Type", "Default", "Meaning")
        for name, key in keys.items():
            usual = "none" if key.default is None else f"`{json.dumps(key.default)}`"
            yield _row(f"`{name}`", key.form.words, usual, key.about)

    return table


def explain_document() -> Iterator[str]:
    """Every key of what explain prints for programs, as its schema documents it."""
    schema = json.loads((TOP / EXPLAIN_SCHEMA).read_text(encoding="utf-8"))
    yield from _head("Key", "Type", "Meaning")
    yield from _document_rows(schema, "", schema["$defs"])


def _document_rows(schema: dict[str, Any], path: str, shared: dict[str, Any]) -> Iterator[str]:
    for name, below in schema["properties"].items():
        yield _row(f"`{path}{name}`", _type_of(below), below["description"])
        inner = below.get("items", below)
        if name == "hides":  # places, which are told above
            continue
        if "$ref" in inner:
            inner = shared[inner["$ref"].rpartition("/")[2]]
        if "properties" in inner:
            dots = "[]." if "items" in below else "."
            yield from _document_rows(inner, f"{path}{name}{dots}", shared)


def _type_of(schema: dict[str, Any]) -> str:
    """What a schema takes, in the words of the other tables."""
    if "$ref" in schema:
        return "object"
    words = {"string": "text", "array": "list", "integer": "number"}
    kinds = schema["type"]
    return " or ".join(words.get(k, k) for k in ([kinds] if isinstance(kinds, str) else kinds))


def error_classes() -> Iterator[str]:
    yield from _head("Exception", "Meaning")
    for kind in _below(errors.ClovrixError):
        about = _first_paragraph(kind.__doc__ or "").replace("``", "`")
        yield _row(f"`{kind.__name__}`", about)


def api_limits() -> Iterator[str]:
    yield from _head("What", "At most")
    yield _row("a key, `[A-Z_][A-Z0-9_]*` in ASCII", f"{limits.KEY_CHARACTERS} characters")
    yield _row("a value, as UTF-8", _bytes(limits.VALUE_BYTES))
    yield _row("items of one `set_entries`", str(limits.BULK_ITEMS))
    yield _row("entries of a project", str(limits.PROJECT_ENTRIES))
    yield _row("the name of a project or environment, as UTF-8", _bytes(limits.SEGMENT_BYTES))
    yield _row("an answer", _bytes(limits.ANSWER_BYTES))


def failures() -> Iterator[str]:
    """The table that the tests compare every entry point with."""
    for chapter, faults in sentences.CHAPTERS.items():
        yield f"### {chapter}"
        yield ""
        yield from _head("Failure", "Exception", "Message", "`sent`", "Retried")
        for fault, said in faults.items():
            if said.kind is None:
                yield _row(fault, "none", "", "", "")
                continue
            own = said.status is not None and said.sentence == sentences.own_words(said.status)
            sentence = "the message of Clovrix" if own else f"`{said.sentence}`"
            sent = {True: "yes", False: "no", None: ""}[said.sent]
            yield _row(fault, f"`{said.kind.__name__}`", sentence, sent, _again(said))
        yield ""


def _again(said: sentences.Said) -> str:
    if said.reads == 1:
        return "no"
    return "reads" if said.writes == 1 else "yes"


def remedies() -> Iterator[str]:
    yield from _head("Exception", "Second line")
    for kind, remedy in sentences.REMEDIES.items():
        yield _row(f"`{kind.__name__}`", remedy)


def house() -> Iterator[str]:
    """Every module with the first sentence of its docstring, folder by folder."""
    yield "```text"
    package = TOP / "clovrix_env"
    for folder in sorted({path.parent for path in package.rglob("*.py")}):
        yield f"{folder.relative_to(TOP).as_posix() + '/':24} {_about(folder / '__init__.py')}"
        for path in sorted(folder.glob("*.py")):
            if path.name != "__init__.py":
                yield f"    {path.name:20} {_about(path)}"
    yield "```"


def _about(module: Path) -> str:
    """The first sentence of a module's docstring, as plain text."""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    # A full stop is behind a word: the `. FILE` of a shell is not the end of a sentence.
    sentence = re.split(r"(?<=\S)\. ", _first_paragraph(docstring).replace("``", ""))[0]
    return sentence.rstrip(".")


def floors() -> Iterator[str]:
    """The folders in the order of the import contract, as text."""
    yield "```text"
    yield from _floors()
    yield "```"


def _floors() -> list[str]:
    contracts = configparser.ConfigParser()
    contracts.read(TOP / ".importlinter", encoding="utf-8")
    return contracts["importlinter:contract:floors"]["layers"].strip().split("\n")


# Example files that pages show, and the language of the block.
_EXAMPLES = {
    "dockerfile": ("containers/Dockerfile", "dockerfile"),
    "distroless": ("containers/Dockerfile.distroless", "dockerfile"),
    "compose": ("containers/compose.yaml", "yaml"),
    "kubernetes": ("containers/kubernetes.yaml", "yaml"),
    "systemd": ("services/backend.service", "ini"),
    "server-dockerfile": ("server/Dockerfile", "dockerfile"),
    "server-compose": ("server/compose.yaml", "yaml"),
    "server-nginx": ("server/nginx.conf", "text"),
    "server-socket": ("server/clovrix-env.socket", "ini"),
    "server-service": ("server/clovrix-env.service", "ini"),
    "procfile": ("services/Procfile", "text"),
    "actions": ("services/github-actions.yml", "yaml"),
    "flask": ("frameworks/flask/app.py", "python"),
    "flask-test": ("frameworks/flask/test_app.py", "python"),
    "django": ("frameworks/django/settings.py", "python"),
    "django-urls": ("frameworks/django/urls.py", "python"),
    "django-tests": ("frameworks/django/tests.py", "python"),
    "fastapi": ("frameworks/fastapi/main.py", "python"),
    "fastapi-test": ("frameworks/fastapi/test_main.py", "python"),
    "celery": ("frameworks/celery/tasks.py", "python"),
    "celery-test": ("frameworks/celery/test_tasks.py", "python"),
    "wsgi": ("frameworks/servers/wsgi.py", "python"),
    "gitlab": ("services/gitlab-ci.yml", "yaml"),
    "cron": ("services/crontab", "text"),
    "supervisor": ("services/supervisor.conf", "ini"),
    "make": ("tools/Makefile", "makefile", "Makefile"),
    "direnv": ("tools/clovrix.sh", "bash", "clovrix.sh"),
    "envrc": ("tools/envrc", "bash", ".envrc"),
    "uv": ("tools/script.py", "python"),
    "pre-commit": ("tools/pre-commit-config.yaml", "yaml", ".pre-commit-config.yaml"),
    "pre-commit-local": ("tools/pre-commit-local.yaml", "yaml"),
    "vs-code": ("tools/launch.json", "json", ".vscode/launch.json"),
}


def _example(path: str, language: str, name: str = "") -> Iterator[str]:
    """A link to an example file, the name under which its page saves it, and the file."""
    name = name or (Path(path).name if language == "python" else "")
    saved = f", saved as `{name}`" if name else ""
    yield f"[`{path}`](../examples/{path}){saved}:"
    yield ""
    yield f"```{language}"
    yield (TOP / "docs" / "examples" / path).read_text(encoding="utf-8").rstrip("\n")
    yield "```"


def results() -> dict[str, Any]:
    """What ``tests/benchmarks/starts.py`` has measured."""
    results: dict[str, Any] = json.loads((TOP / RESULTS).read_text(encoding="utf-8"))
    return results


def starts() -> Iterator[str]:
    """The measured starts, and the launchers that could not be measured."""
    timed = results()["wall"]
    yield from _head("Start", "Version", "Wall", "CPU")
    for name, start in timed["starts"].items():
        wall, cpu = (
            f"{start[of][0]:.2f} ({start[of][1]:.2f}–{start[of][2]:.2f})" for of in ("wall", "cpu")
        )
        yield _row(f"**{name}**" if start["own"] else name, start["version"], wall, cpu)
    yield ""
    absent = "; ".join(f"{name} ({why})" for name, why in timed["absent"].items())
    yield f"Not measured: {absent}."


# The measured starts of tools that docs/explanation/compared-with.md describes.
_COMPARED = re.compile("(clovrix-exec|load_env|dotenv run|dotenvx|direnv|uv|varlock)")


def compared_starts() -> Iterator[str]:
    """The measured starts of the compared tools, fastest first."""
    timed = results()["wall"]
    yield from _head("Start", "Version", "Wall time")
    for name, start in timed["starts"].items():
        if _COMPARED.match(name):
            label = f"**{name}**" if start["own"] else name
            yield _row(label, start["version"], f"{start['wall'][0]:.1f} ×")
    yield ""
    yield f"Measured {timed['date']}, {timed['python']}."


def growth() -> Iterator[str]:
    """The instructions that each further item adds to a start."""
    yield from _head("Input", "Size: millions of instructions")
    for name, counts in results()["growth"]["instructions"].items():
        sizes = " · ".join(f"{int(size):,}: {count / 1e6:.0f}" for size, count in counts.items())
        yield _row(name, sizes)


PARTS: dict[str, Callable[[], Iterable[str]]] = {
    **{f"example-{name}": partial(_example, *file) for name, file in _EXAMPLES.items()},
    "api": docstrings.page,
    "statuses": statuses,
    "variables": variables,
    "guard-families": guard_families,
    "guard-names": guard_names_of_tools,
    "guard-noted": guard_noted,
    "check-rules": check_rules,
    "migrate-rules": migrate_rules,
    "exec-options": exec_options,
    "env-commands": env_commands,
    "errors": error_classes,
    "limits": api_limits,
    "failures": failures,
    "remedies": remedies,
    "types": types,
    "keys-top": keys_of(project_keys.TOP_LEVEL),
    **{f"keys-{name}": keys_of(table.keys) for name, table in project_keys.TABLES.items()},
    "keys-variable": keys_of(variable.KEYS),
    "explain-document": explain_document,
    "house": house,
    "floors": floors,
    "starts": starts,
    "compared-starts": compared_starts,
    "growth": growth,
}


GUARD_SOURCES = "docs/reference/guard.toml"
RESULTS = "tests/benchmarks/starts.json"
EXPLAIN_SCHEMA = "docs/reference/explain.schema.json"


def project_file_schema() -> str:
    return json.dumps(project_schema.schema(), indent=2) + "\n"


def terminal_picture() -> str:
    """What README's own commands print, which the tests run."""
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    command, *printed = readme.partition("<!-- setup:\n$ ")[2].partition("\n-->")[0].split("\n")
    return pictures.terminal(command, printed)


FILES: dict[str, Callable[[], str]] = {
    "docs/reference/clovrix.schema.json": project_file_schema,
    "docs/reference/openapi.json": lambda: f"{json.dumps(openapi.document(), indent=2)}\n",
    "docs/images/architecture.svg": lambda: pictures.floors(_floors()),
    "docs/images/flow.svg": pictures.flow,
    "docs/images/precedence.svg": pictures.precedence,
    "docs/images/starts.svg": lambda: pictures.starts(results()["wall"]),
    "docs/images/terminal.svg": terminal_picture,
}


def written(text: str) -> str:
    """A page with every part of it as the code has it now."""

    def part(found: re.Match[str]) -> str:
        lines = "\n".join(PARTS[found["name"]]()).rstrip("\n")
        return f"{found[1]}\n{lines}\n\n{found[3]}"

    return _PART.sub(part, text)


# Parameters are read, not click's own help text: that differs from one version to the next.


def _options(command: click.Command) -> Iterator[str]:
    yield from _head("Option", "Description")
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            yield _row(_spelling(option), option.help or "")
    names = command.context_settings.get("help_option_names") or ["-h", "--help"]
    yield _row(", ".join(f"`{name}`" for name in names), "Show the help and exit.")


def _spelling(option: click.Option) -> str:
    value = ""
    if not option.is_flag:
        kind = option.type
        value = f" {option.metavar or option.opts[-1].lstrip('-').upper()}"
        if isinstance(kind, click.Choice):
            value = f" {'|'.join(map(str, kind.choices))}"
    spelled = ", ".join(f"`{name}{value}`" for name in (*option.opts, *option.secondary_opts))
    return f"{spelled}, required" if option.required else spelled


def _commands(
    path: tuple[str, ...], command: click.Command
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from _commands((*path, name), below)


def _argument(argument: click.Argument) -> str:
    kind = argument.type
    is_choice = isinstance(kind, click.Choice)
    word = "|".join(map(str, kind.choices)) if is_choice else (argument.name or "").upper()
    return argument.metavar or (word if argument.required else f"[{word}]")


def _below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for sub in kind.__subclasses__():
        if sub.__module__ == errors.__name__:
            yield from _below(sub)


def _first_paragraph(text: str) -> str:
    return " ".join(text.strip().split("\n\n")[0].split())


def _bytes(count: int) -> str:
    return f"{count // 1024**2} MiB" if count >= 1024**2 else f"{count // 1024} KiB"


def _head(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield "|" + "---|" * len(cells)


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main(arguments: Sequence[str]) -> int:
    stale: list[str] = []
    wanted = {TOP / name: content() for name, content in FILES.items()}
    for page in (TOP / "README.md", *sorted(TOP.glob("docs/**/*.md"))):
        wanted[page] = written(page.read_text(encoding="utf-8"))
    for path, content in wanted.items():
        if not path.exists() or path.read_text(encoding="utf-8") != content:
            stale.append(str(path.relative_to(TOP)))
            if "--check" not in arguments:
                path.write_text(content, encoding="utf-8")
    print("\n".join(stale), end="\n" if stale else "")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
