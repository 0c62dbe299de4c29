"""``clovrix-env`` as a real process."""

import json
import sys
from functools import partial

import pytest
from explain.documents import validator


@pytest.fixture
def command(launched):
    """``command("explain", …)`` runs ``clovrix-env explain …`` in ``project``."""
    return partial(launched.plain, sys.executable, "-m", "clovrix_env")


@pytest.fixture
def document(command):
    """What ``clovrix-env explain --json …`` prints, as documented."""

    def explain(*arguments, **options):
        result = command("explain", "--json", *arguments, **options)
        assert (result.returncode, result.stderr) == (0, b"")
        found = json.loads(result.stdout)
        validator().validate(found)
        return found

    return explain
