"""Nothing that a ``.env`` sets decides where a request goes, whom it trusts or as whom it is sent.

A cell is an entry point, a name that would decide it, and a way in which the entry point comes to
see it. A real stranger waits behind each name. That he would be found out is seen where the process
is really given the name: there he is asked.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from accounts.person import files_with
from client.conftest import RecordingProxy
from conftest import StoreHome
from loopback import Authority, serve
from trust.dangers import DANGERS, Danger
from trust.doors import DOORS, GIVEN, KEY, REFUSED, argv, ways
from trust.scene import Bus, Scene

from clovrix_env.api.messages import Call, WriteItem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from loopback import Loopback

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
_SECONDS = 60
_TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# One of each kind for .ci/run; all of them are for .ci/deep.
_SLOW = {
    ("Client", "HTTPS_PROXY"),
    ("load_env", "SSL_CERT_FILE"),
    ("clovrix-exec", "XDG_CONFIG_HOME, address"),
    ("get", "CREDENTIALS_DIRECTORY"),
}
CELLS = [
    pytest.param(
        door, danger, marks=pytest.mark.slow if (door, str(danger)) in _SLOW else pytest.mark.deep
    )
    for door in DOORS
    for danger in DANGERS
    if door not in danger.unless
]


class Servers:
    """Clovrix, and the strangers."""

    def __init__(
        self,
        store: StoreHome,
        authorities: tuple[Authority, Authority],
        running: list[Loopback],
        proxy: RecordingProxy,
        bus: Bus,
    ) -> None:
        self.store, self.token = store, store.token
        self.authority, self.other_authority = authorities
        self.honest, self.stranger, self.impostor = running
        self.proxy, self.bus = proxy, bus

    def forget(self) -> None:
        for server in (self.honest, self.stranger, self.impostor):
            server.forget()
        self._met = self.impostor.connections
        self.proxy.connections = self.bus.connections = 0
        self.proxy.lines.clear()

    @property
    def met_impostor(self) -> bool:
        """Whether a handshake with it was begun."""
        return self.impostor.connections > self._met


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("servers")
    (folder / "other").mkdir()
    other = Authority(str(folder / "other"))
    home = StoreHome(folder)
    for environment in ("staging", "production"):
        items = (WriteItem(KEY, "v"),)
        home.store.answer(Call("set_entries", "backend", environment, items=items))
    proxy, bus = RecordingProxy(), Bus(str(folder / "bus"))
    contexts = (authority.context(), None, other.context())
    with ExitStack() as stack:
        running = [stack.enter_context(serve(home.store, context)) for context in contexts]
        yield Servers(home, (authority, other), running, proxy, bus)
    proxy.close()
    bus.close()
    home.store.close()


@pytest.fixture
def seen(tmp_path: Path, servers: Servers) -> Callable[[str, Danger, str], Scene]:
    """``seen(door, danger, way)``: the scene when all of it is over."""

    def run(door: str, danger: Danger, way: str) -> Scene:
        scene = Scene(tmp_path / way.replace(" ", "-"), servers)
        value = danger.set_up(scene)
        if way == GIVEN:
            scene.given[danger.name] = value
        else:
            (scene.inside / ".env").write_text(f"{danger.name}={value}\n")
            if way != REFUSED:
                scene.given["CLOVRIX_ALLOW"] = danger.name
        done = subprocess.run(
            argv(way, door, str(scene.inside), str(scene.outside)),
            cwd=scene.inside,
            env={**scene.given, "PYTHONPATH": os.pathsep.join((os.path.dirname(_TESTS), _TESTS))},
            input=f"{servers.token}\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
        )
        scene.status, scene.output = done.returncode, done.stdout
        return scene

    return run


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("door", "danger"), CELLS, ids=str)
def test_a_name_of_a_file_decides_nothing(
    seen: Callable[[str, Danger, str], Scene], servers: Servers, door: str, danger: Danger
) -> None:
    """The stranger behind it is not asked, and Clovrix is; where the name is given, he is."""
    given = seen(door, danger, GIVEN)
    assert danger.leaked(given) == danger.counts, given.output
    for way in ways(door):
        scene = seen(door, danger, way)
        about = f"{way}: status {scene.status}\n{scene.output}"
        assert not danger.leaked(scene), about
        assert not files_with(servers.token, scene.strangers), about
        assert danger.asked(scene) or way == REFUSED, about


@pytest.mark.deep
def test_the_number_of_cells() -> None:
    """Every entry point meets every name that can touch it."""
    cells = [(door, danger) for door in DOORS for danger in DANGERS if door not in danger.unless]
    count = sum(len(ways(door)) for door, _ in cells)
    print(f"{count} cells: {len(DOORS)} entry points, {len(DANGERS)} dangers; 0 leaks")
    assert count > 1000
