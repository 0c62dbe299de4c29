"""Runs commands in turns, and takes the wall and the CPU time of each process."""

import os
import random
import statistics
import time
from collections import namedtuple

# The output of a command is neither measured nor shown.
_SILENT = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
_LONGEST_WAIT = 0.1


# Seconds of one process, its children included in ``cpu``.
Took = namedtuple("Took", "wall cpu")


# The median of a ratio over the rounds, and its quartiles.
Figure = namedtuple("Figure", "median low high")


def in_turns(cases, rounds):
    """Run every command once in each round, in a random order, in this one process."""
    found = {case.name: [] for case in cases}
    before = os.getcwd()
    try:
        for number in range(rounds + 2):
            for case in random.sample(cases, len(cases)):
                took = _time(case)
                if number >= 2:  # the first rounds warm caches
                    found[case.name].append(took)
    finally:
        os.chdir(before)
    return found


def ratio(found, name, base, of="wall"):
    """Compare two commands within each round: a machine that slows down slows both."""
    pairs = zip(found[name], found[base])
    ratios = [getattr(this, of) / getattr(that, of) for this, that in pairs]
    low, median, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return Figure(median, low, high)


def together(cases):
    """Start all commands at once, and return their CPU seconds when all have ended."""
    running = [(case, _start(case)) for case in cases]
    return sum(_end(case, pid) for case, pid in running)


def _time(case):
    _settle()
    began = time.perf_counter()
    cpu = _end(case, _start(case))
    return Took(time.perf_counter() - began, cpu)


def _start(case):
    os.chdir(case.folder)
    return os.posix_spawn(case.command[0], case.command, case.environ, file_actions=_SILENT)


def _end(case, pid):
    _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise RuntimeError(f"{case.name} ended with wait status {status}")
    return usage.ru_utime + usage.ru_stime


def _settle():
    """Wait a moment until no other process of this machine runs, where Linux shows that."""
    until = time.monotonic() + (_LONGEST_WAIT if os.path.exists("/proc/loadavg") else 0)
    while time.monotonic() < until:
        with open("/proc/loadavg", encoding="ascii") as file:
            if file.read().split()[3].startswith("1/"):
                return
        time.sleep(0.002)
