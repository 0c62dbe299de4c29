"""A program that runs to its end."""

import subprocess


def finish(argv, folder=None, environ=None, **options):
    """What came of it, its output as text; folder and environment are usually ours."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": 60}
    if "input" not in options:
        given["stdin"] = subprocess.DEVNULL
    return subprocess.run(argv, cwd=folder, env=environ, **{**given, **options})
