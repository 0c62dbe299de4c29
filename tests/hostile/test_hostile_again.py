"""What a file has set is not the user's own, also where a program loads again or a child loads.

The fetch uses the process environment as it was before any file was read: a second load must not
take what the first one applied for that.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from hostile.conftest import TOKEN
from hostile.places import ASKED, Place

if TYPE_CHECKING:
    from hostile.conftest import User
    from loopback import Loopback

_TWICE = """\
import clovrix_env
clovrix_env.load_env()
try:
    clovrix_env.load_env("backend", "staging")
except clovrix_env.ClovrixError as error:
    print(error)
"""
_ONCE = _TWICE.replace("clovrix_env.load_env()\n", "")
_PLACES = {
    "XDG_CONFIG_HOME": Place(
        "", ASKED,
        files={".env": "XDG_CONFIG_HOME={planted}\n",
               "../planted/clovrix-env/config.toml": 'api_url = "{stranger}"\n'},
        environ={"CLOVRIX_API_URL": None, "CLOVRIX_ALLOW": "XDG_CONFIG_HOME"},
    ),
    "HTTPS_PROXY": Place("", ASKED, files={".env": "HTTPS_PROXY={stranger}\n"}, tls=True),
    "all_proxy": Place("", ASKED, files={".env": "all_proxy={stranger}\n"}, tls=True),
}  # fmt: skip


@pytest.mark.parametrize("how", ["twice", "below the launcher"])
@pytest.mark.parametrize("place", _PLACES.values(), ids=_PLACES)
def test_second_load_asks_no_stranger(user: User, place: Place, how: str) -> None:
    """Neither the same process again, nor a program below ``clovrix-exec`` with a token's file."""
    user.enter(place)
    before = user.stranger.connections
    if how == "twice":
        user.run([sys.executable, "-c", _TWICE], user.environ(place), "")
    else:
        (user.project / "token").write_text(TOKEN)
        environ = {**user.environ(place), "CLOVRIX_TOKEN_FILE": "token"}
        del environ["CLOVRIX_TOKEN"]
        user.run(user.argv("--", sys.executable, "-c", _ONCE), environ, "")
    assert user.stranger.connections == before


def test_second_load_trusts_no_authority_of_a_file(user: User, honest_tls: Loopback) -> None:
    """``SSL_CERT_FILE`` of a file would let who stands between read the token."""
    place = Place("", ASKED, files={".env": "SSL_CERT_FILE={authority}\n"}, tls=True,
                  environ={"SSL_CERT_FILE": None, "CLOVRIX_API_URL": honest_tls.url})  # fmt: skip
    user.enter(place)
    honest_tls.forget()
    ending = user.run([sys.executable, "-c", _TWICE], user.environ(place), "")
    assert "is not valid" in ending.output
    assert honest_tls.requests == []


def test_configuration_that_a_file_names_allows_nothing(user: User) -> None:
    """A ``config.toml`` in a folder that a file called XDG_CONFIG_HOME is no word of the user."""
    place = Place("", ASKED, files={
        ".env": "XDG_CONFIG_HOME={planted}\n",
        "../planted/clovrix-env/config.toml": 'allow = ["LD_PRELOAD"]\n',
        "other": "LD_PRELOAD=hunter2\n",
    }, environ={"CLOVRIX_ALLOW": "XDG_CONFIG_HOME"})  # fmt: skip
    user.enter(place)
    program = 'import clovrix_env as c\nc.load_env()\nprint(list(c.resolve_env(files=["other"])))'
    ending = user.run([sys.executable, "-c", program], user.environ(place), "")
    assert ending.status == 1
    assert "LD_PRELOAD is refused: it makes programs load a library" in ending.output
