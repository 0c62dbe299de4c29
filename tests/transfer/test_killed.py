"""An import and a copy that are killed, at any moment, and run again."""

import os
import random
import time

import pytest
from repeated import repeated
from transfer.conftest import versions

KEYS = 500


WORDS = {"import": ("import", "a.env", "--yes", "-e"), "copy": ("copy", "measured", "--yes")}
CASES = [
    pytest.param(command, *each.values, marks=each.marks)
    for command, kills in (("import", repeated(6, deep=200)), ("copy", repeated(10, deep=50)))
    for each in kills
]


@pytest.mark.parametrize(("name", "kills"), CASES)
def test_a_killed_command_goes_on_where_it_stopped(at_store, store_home, loopback, name, kills):
    """Every key is written once: no second version, whenever it was killed."""
    # It is killed so often, and then until one kill was half way: at any moment, or soon after its
    # first batch. By turns the store is in the process that is killed, and behind a server.
    seed = int.from_bytes(os.urandom(4), "big")
    chance = random.Random(seed)
    at_store.write("a.env", "".join(f"KEY_{number}=value {number}\n" for number in range(KEYS)))
    store_home.project("backend", "measured", "again")
    least = _seconds(at_store, "import", "a.env", "--dry-run", "-e", "measured")
    most = _seconds(at_store, *WORDS["import"], "measured")
    words = WORDS[name]
    if name == "copy":
        most = _seconds(at_store, *words, "again")
    partly = number = 0
    while number < kills or not partly:
        environment = f"killed-{number}"
        store_home.project("backend", environment)
        url, token = (loopback.url, store_home.token) if number % 2 else (store_home.url, "")
        at_store.environ.update(CLOVRIX_API_URL=url, CLOVRIX_TOKEN=token)
        process = at_store.start(*words, environment)
        if number % 4 < 2:
            time.sleep(chance.uniform(least * 0.8, most))
        else:
            while process.poll() is None and not versions(store_home.path, environment):
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.02))
        process.kill()
        process.communicate()
        partly += 0 < len(versions(store_home.path, environment)) < KEYS
        at_store.done(*words, environment)
        written = versions(store_home.path, environment)
        assert written == {f"KEY_{key}": 1 for key in range(KEYS)}, f"seed {seed}, kill {number}"
        number += 1
    print(f"seed {seed}: killed {number} times, {partly} of them half way; no second version")


def _seconds(at_store, *words):
    began = time.monotonic()
    at_store.done(*words)
    return time.monotonic() - began
