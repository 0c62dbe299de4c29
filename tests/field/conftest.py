"""Commands as real processes in a folder of files, to try what public reports describe."""

import sys

import pytest
from accounts.conftest import newcomer, person, terminal
from load.conftest import environ_put_back
from transfer.conftest import at_store, command

__all__ = ["at_store", "command", "environ_put_back", "newcomer", "person", "terminal"]


@pytest.fixture
def output(launched):
    """What ``clovrix-env …`` prints, on stdout and on stderr."""

    def run(*words, **options):
        ran = launched.plain(sys.executable, "-m", "clovrix_env", *words, **options)
        return ran.stdout.decode() + ran.stderr.decode()

    return run
