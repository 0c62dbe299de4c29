"""What a test repeats: what has to hold at any moment, a few times in ``.ci/run`` and many times in
``.ci/deep``; and what a machine that stood still has spoilt.
"""

import threading
import time

import pytest

_STEP, _STOOD_STILL = 0.01, 0.03


def repeated(few, *, deep):
    """The counts of a test as parameters, with a limit of time; the second is marked ``deep``."""
    return [
        pytest.param(few, marks=pytest.mark.timeout(120)),
        pytest.param(deep, marks=[pytest.mark.deep, pytest.mark.timeout(3600)]),
    ]


def patiently(attempt, seconds=0.4, longer=(4, 15)):
    """``attempt(seconds)`` of a deadline that has to pass after the first steps.

    It is made again, with more seconds, only if the machine stood still meanwhile.
    """
    pauses, done = [0.0], threading.Event()
    watch = threading.Thread(target=_watch, args=(done, pauses))
    watch.start()
    try:
        return attempt(seconds)
    except (Exception, pytest.fail.Exception):
        if not longer or max(pauses) < _STOOD_STILL:
            raise
    finally:
        done.set()
        watch.join()
    return patiently(attempt, seconds + longer[0], longer[1:])


def _watch(done, pauses):
    while not done.is_set():
        start = time.monotonic()
        done.wait(_STEP)
        pauses.append(time.monotonic() - start - _STEP)
