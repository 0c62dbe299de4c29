"""``clovrix-env local project`` and ``environment``, which the API cannot create."""

from __future__ import annotations

import click

from clovrix_env.cli.common_options import ScopeOptions, json_option, quiet_option, root_option
from clovrix_env.cli.groups import Family
from clovrix_env.cli.local.where import opened_store, result
from clovrix_env.cli.output import columns, write, write_headed, write_json
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.system.process import argument_text
from clovrix_env.system.tables import table

# Version of the documents that --json prints.
VERSION = 1


@click.group(cls=Family, epilog="Example: clovrix-env local project list")
def project() -> None:
    """Manage projects of the embedded store."""


@project.command("create", epilog="Example: clovrix-env local project create billing")
@click.argument("name", type=argument_text)
@click.option(
    "--env",
    "environments",
    multiple=True,
    type=argument_text,
    metavar="NAME",
    help="Environment to create (default: none). Repeatable.",
)
@json_option
@quiet_option
def create_project(name: str, environments: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Create the project NAME. An existing one is unchanged."""
    with opened_store() as store:
        created = store.create_project(name)
        within = {
            each: store.create_environment(name, each) for each in dict.fromkeys(environments)
        }
    if as_json:
        found = [{"name": each, "created": made} for each, made in within.items()]
        about = {"project": name, "created": created, "environments": found}
        write_json({"version": VERSION, **about})
    elif not quiet:
        lines = [result(made, "environment", each) for each, made in within.items()]
        write("\n".join([result(created, "project", name), *lines]))


@project.command("list", epilog="Example: clovrix-env local project list --json")
@json_option
def list_projects(as_json: bool) -> None:
    """List all projects and their environments."""
    with opened_store() as store:
        found = store.projects()
    if as_json:
        names = [{"name": name, "environments": list(within)} for name, within in found.items()]
        write_json({"version": VERSION, "projects": names})
    else:
        rows = [(name, ", ".join(within) or "none") for name, within in found.items()]
        write_headed(table(("PROJECT", "ENVIRONMENTS"), rows, columns()) if rows else "no project")


@click.group(cls=Family, epilog="Example: clovrix-env local environment create backend staging")
def environment() -> None:
    """Manage environments of a project of the embedded store."""


@environment.command("create", epilog="Example: clovrix-env local environment create backend qa")
@click.argument("names", nargs=-1, type=argument_text, metavar="[PROJECT] NAME")
@root_option
@json_option
@quiet_option
def create_environment(
    names: tuple[str, ...], root: str | None, as_json: bool, quiet: bool
) -> None:
    """Create the environment NAME of PROJECT. An existing one is unchanged.

    Without PROJECT it is that of CLOVRIX_PROJECT or .clovrix.
    """
    if len(names) not in (1, 2):
        raise click.UsageError("name one environment, with or without its project before it")
    *projects, name = names
    project_name = projects[0] if projects else _project(name, root)
    with opened_store() as store:
        made = store.create_environment(project_name, name)
    if as_json:
        about = {"project": project_name, "environment": name, "created": made}
        write_json({"version": VERSION, **about})
    elif not quiet:
        write(result(made, "environment", name))


def _project(environment: str, root: str | None) -> str:
    """The project of CLOVRIX_PROJECT or .clovrix."""
    from clovrix_env.cli.login_target import LoginTarget

    found = LoginTarget(ScopeOptions(None, environment, root, None).request()).settings.project
    if found is None:
        raise ClovrixConfigError(
            "no project is named", "name it before the environment, in CLOVRIX_PROJECT or .clovrix"
        )
    return found
