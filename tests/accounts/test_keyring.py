"""The system's keyring through a real back end: by address, loaded only where it is needed."""

import json
import re

import pytest
from accounts.person import NO_KEYRING, bearers, files_with
from loopback import serve

pytest.importorskip("keyrings.alt", reason="the keyring in a file is in the extra dev")

_IN_A_FILE = "keyrings.alt.file.PlaintextKeyring"
_SLOW_BACK_END = """
import time
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        time.sleep(99)
    set_password = delete_password = get_password
"""


@pytest.fixture
def owner(person):
    """Somebody whose system has a keyring, which lies in a file below HOME."""
    person.environ["PYTHON_KEYRING_BACKEND"] = _IN_A_FILE
    return person


def loaded(person, **options):
    """The modules that a start loads."""
    result = person("--", "true", python=["-X", "importtime"], env=options)
    assert result.returncode == 0, result.stderr
    return set(re.findall(r"\| +(\S+)$", result.stderr.decode(), re.MULTILINE))


def test_a_token_makes_the_round_trip(owner, store_home, loopback):
    """Set by login, read by a start, deleted by logout; our file says only that it lies there."""
    ran = owner.logs_in(store_home.token)
    assert ran.out == f"stored the token for {loopback.url} in the system's keyring\n"
    assert json.loads(owner.tokens.read_text())["tokens"] == {loopback.url: {"kept": "keyring"}}
    assert files_with(store_home.token, owner.home, owner.folder) == []
    assert "the system's keyring" in owner.runs("whoami").well().out
    second = store_home.make_token("backend")
    with serve(store_home.store) as other:
        owner.logs_in(second, "--api-url", other.url)
        for server, token in ((loopback, store_home.token), (other, second)):
            server.forget()
            assert owner("--", "true", env={"CLOVRIX_API_URL": server.url}).returncode == 0
            assert bearers(server) == [token]
        ran = owner.runs("logout").well()
        assert ran.out == f"removed the token for {loopback.url} from the system's keyring\n"
        assert owner("--", "true").returncode == 125
        assert owner("--", "true", env={"CLOVRIX_API_URL": other.url}).returncode == 0


def test_keyring_is_loaded_where_the_token_lies_there(owner, store_home):
    """Not before a login, not for another token, not for a token in our file."""
    token = {"CLOVRIX_TOKEN": store_home.token}
    assert not {"keyring", "clovrix_env.auth.stored_tokens"} & loaded(owner, **token)
    owner.logs_in(store_home.token)
    assert "keyring" not in loaded(owner, **token)
    assert "keyring" in loaded(owner)
    owner.runs("logout").well()
    owner.environ["PYTHON_KEYRING_BACKEND"] = NO_KEYRING
    owner.logs_in(store_home.token)
    assert "keyring" not in loaded(owner)


def test_a_keyring_that_gives_none_is_told(owner, store_home):
    """With the remedy; another token is not looked for."""
    owner.logs_in(store_home.token)
    owner.write(".env", "CLOVRIX_TOKEN=icr_of_the_file\n")
    result = owner("--", "true", env={"XDG_DATA_HOME": str(owner.folder / "empty")})
    assert result.returncode == 125
    assert b"is stored in the system's keyring, which does not contain it" in result.stderr
    assert b"run clovrix-env login to store it again" in result.stderr


def test_a_keyring_that_is_gone_keeps_the_index(owner, store_home):
    """What cannot be deleted is told, and where it lies; a login keeps the token in the file."""
    owner.logs_in(store_home.token)
    gone = {"PYTHON_KEYRING_BACKEND": NO_KEYRING}
    ran = owner.runs("logout", env=gone)
    assert ran.status == 125
    assert "service clovrix-env, user name http://127.0.0.1:" in ran.err
    assert "keyring" in owner.tokens.read_text()
    assert owner("--", "true", env=gone).returncode == 125
    owner.logs_in(store_home.token, env=gone)
    assert owner("--", "true", env=gone).returncode == 0
    owner.runs("logout").well()


def test_a_keyring_that_keeps_nothing(owner, store_home):
    """The null back end takes everything; the token goes to the file."""
    owner.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    ran = owner.logs_in(store_home.token)
    assert "does not return the token that it accepted" in ran.out
    assert owner("--", "true").returncode == 0


def test_a_keyring_that_hangs_is_waited_for_in_time(owner, store_home):
    """--timeout covers it: a dialogue that nobody sees must not hold a start."""
    owner.logs_in(store_home.token)
    owner.write("modules/slow_keyring.py", _SLOW_BACK_END)
    owner.environ["PYTHONPATH"] = f"{owner.environ['PYTHONPATH']!s}:{owner.folder / 'modules'}"
    owner.environ["PYTHON_KEYRING_BACKEND"] = "slow_keyring.Keyring"
    result = owner("--timeout", "1", "--", "true")
    assert result.returncode == 125
    assert b"did not answer in time" in result.stderr


_LOADS_TWICE = """
import os, sys
sys.path.insert(0, "")
from clovrix_env import ClovrixConfigError, load_env
load_env(remote=False, allow=["PYTHON_KEYRING_BACKEND"])
assert os.environ["PYTHON_KEYRING_BACKEND"] == "planted.Keyring"
try:
    load_env()
except ClovrixConfigError as error:
    print(error)
print("planted" in sys.modules)
"""


def test_what_a_file_has_set_chooses_no_keyring(owner, store_home):
    """It would be the repository's code: no keyring is asked then, and the variable is named."""
    del owner.environ["PYTHON_KEYRING_BACKEND"]
    config = owner.home / ".config" / "python_keyring" / "keyringrc.cfg"
    config.parent.mkdir(parents=True)
    config.write_text(f"[backend]\ndefault-keyring={_IN_A_FILE}\n")
    owner.logs_in(store_home.token)
    owner.write("planted.py", "from keyring.backends.null import Keyring\n")
    owner.write(".env", "PYTHON_KEYRING_BACKEND=planted.Keyring\n")
    result = owner.plain(owner.command()[0], "-c", _LOADS_TWICE)
    assert result.returncode == 0, result.stderr
    assert b"a file or Clovrix has set PYTHON_KEYRING_BACKEND" in result.stdout
    assert result.stdout.endswith(b"False\n")
