"""The system check: compares the environment of this process with ``[variables]`` of ``.clovrix``.

It uses the values that the process has: no ``.env`` file is read, and no request is sent. So it
also finds what is missing if something else than clovrix-env has set the variables.
"""

from __future__ import annotations

import os

from django.core import checks

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.load import resolve_env
from clovrix_env.model.names import MARKER
from clovrix_env.settings.project_file import NAME as PROJECT_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from django.apps import AppConfig

TAG = "clovrix_env"


def check_contract(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - Django passes both
    **options: object,  # noqa: ARG001
) -> list[checks.CheckMessage]:
    """Return each problem with its remedy as the hint; neither of them contains a value."""
    try:
        root = resolve_env(files=[], remote=False).explain().report.root
    except ClovrixConfigError as error:
        return [*_errors(error)]
    if root and not os.path.exists(os.path.join(root, PROJECT_FILE)):
        missing = f"{root} has no {PROJECT_FILE}: nothing declares the contract"
        hint = f"Add {PROJECT_FILE} to the files that you deploy, or set CLOVRIX_ROOT."
        return [checks.Warning(missing, hint, id=f"{TAG}.W001")]
    return []


def _errors(error: ClovrixConfigError) -> Iterator[checks.CheckMessage]:
    for problem, remedy in zip(error.problems, error.remedies):
        yield checks.Error(problem, remedy or None, id=f"{TAG}.E001")
    if MARKER not in os.environ:
        hint = "Call load_env() at the top of the settings, or start manage.py with clovrix-exec."
        yield checks.Warning("clovrix-env has loaded nothing here", hint, id=f"{TAG}.W002")
