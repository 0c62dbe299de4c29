"""How often a test repeats what holds at any moment: a few times, or many in ``.ci/deep``."""

import pytest


def repeated(few, *, deep):
    """The counts of a test as parameters, with a limit of time; the second is marked ``deep``."""
    return [
        pytest.param(few, marks=pytest.mark.timeout(120)),
        pytest.param(deep, marks=[pytest.mark.deep, pytest.mark.timeout(3600)]),
    ]
