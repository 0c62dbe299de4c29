"""``clovrix-env`` in the process of a test."""

import sys

from clovrix_env.cli.main import main


def ended(monkeypatch, capsys, *arguments):
    """The status of a command, and what it printed on stdout and stderr."""
    monkeypatch.setattr(sys, "argv", ["clovrix-env", *arguments])
    status = 0
    try:
        main()
    except SystemExit as end:
        status = end.code
    return (status, *capsys.readouterr())
