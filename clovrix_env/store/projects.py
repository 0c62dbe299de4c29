"""Creates projects and environments, which no call of the API does, and finds them by name."""

from __future__ import annotations

from clovrix_env.api import limits
from clovrix_env.errors import ClovrixConfigError, ValidationError
from clovrix_env.store import audit
from clovrix_env.system.terminal import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovrix_env.store.data_keys import DataKeys
    from clovrix_env.store.database import Connection


def create_project(connection: Connection, keys: DataKeys, name: str) -> bool:
    """Create a project and its data key; false if it exists."""
    check_name("project", name)
    if _project(connection, name) is not None:
        return False  # the file does not change
    project_id = connection.insert(
        "INSERT INTO project (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,)
    )
    if project_id is None:  # another process has just created it
        return False
    keys.create(connection, project_id)
    audit.chains_of(keys).begin(connection, project_id)
    audit.note_acts(connection, keys, "create_project", [(name, None, None)], status=201)
    return True


def create_environment(connection: Connection, keys: DataKeys, project: str, name: str) -> bool:
    """Create an environment in an existing project; false if it exists."""
    check_name("environment", name)
    project_id = project_named(connection, project)
    connection.lock(project_id)
    if _environment(connection, project_id, name) is not None:
        return False
    environment_id = connection.insert(
        "INSERT INTO environment (project_id, name) VALUES (?, ?)"
        " ON CONFLICT (project_id, name) DO NOTHING",
        (project_id, name),
    )
    if environment_id is None:
        return False
    done = [(project, name, None)]
    audit.note_acts(connection, keys, "create_environment", done, status=201, chain=project_id)
    return True


def listed(connection: Connection) -> dict[str, list[str]]:
    """Every project by name, with the names of its environments."""
    found: dict[str, list[str]] = {}
    for project, environment in connection.execute(
        "SELECT project.name, environment.name FROM project"
        " LEFT JOIN environment ON environment.project_id = project.id"
        " ORDER BY project.name, environment.name"
    ):
        within = found.setdefault(project, [])
        if environment is not None:
            within.append(environment)
    return found


def scopes(
    connection: Connection, projects: Iterable[str], environments: Iterable[str]
) -> list[tuple[int, int | None]]:
    """Each project with each environment, by id; with ``None`` for all environments."""
    named = list(dict.fromkeys(environments))
    found: list[tuple[int, int | None]] = []
    for project in dict.fromkeys(projects):
        project_id = project_named(connection, project)
        for name in named:
            environment_id = _environment(connection, project_id, name)
            if environment_id is None:
                raise ClovrixConfigError(
                    f"project '{one_line(project)}' has no environment '{one_line(name)}'",
                    "run clovrix-env local project list for the names, "
                    "or clovrix-env local environment create",
                )
            found.append((project_id, environment_id))
        if not named:
            found.append((project_id, None))
    return found


def project_named(connection: Connection, name: str) -> int:
    project_id = _project(connection, name)
    if project_id is None:
        raise ClovrixConfigError(
            f"the store has no project '{one_line(name)}'",
            "run clovrix-env local project list for the names, or clovrix-env local project create",
        )
    return project_id


def check_name(kind: str, name: str) -> None:
    """Refuse a name that no call could contain."""
    try:
        limits.check_segment(kind, name)
    except ValidationError as error:
        raise ClovrixConfigError(error.message) from None


def _project(connection: Connection, name: str) -> int | None:
    check_name("project", name)
    row = connection.execute("SELECT id FROM project WHERE name = ?", (name,)).fetchone()
    return None if row is None else int(row[0])


def _environment(connection: Connection, project_id: int, name: str) -> int | None:
    check_name("environment", name)
    row = connection.execute(
        "SELECT id FROM environment WHERE project_id = ? AND name = ?", (project_id, name)
    ).fetchone()
    return None if row is None else int(row[0])
