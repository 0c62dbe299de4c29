"""What a test repeats: what has to hold at any moment, a few times in ``.ci/run`` and many times in
``.ci/deep``; and what a machine that stood still has spoilt.
"""

from contextlib import suppress

import pytest


def repeated(few, *, deep):
    """The counts of a test as parameters, with a limit of time; the second is marked ``deep``."""
    return [
        pytest.param(few, marks=pytest.mark.timeout(120)),
        pytest.param(deep, marks=[pytest.mark.deep, pytest.mark.timeout(3600)]),
    ]


def patiently(attempt, seconds=0.4):
    """``attempt(seconds)`` of a deadline that has to pass after the first steps: again with more
    seconds if the machine was too slow for these.
    """
    for more in (0, 4):
        with suppress(Exception, pytest.fail.Exception):
            return attempt(seconds + more)
    return attempt(seconds + 15)
