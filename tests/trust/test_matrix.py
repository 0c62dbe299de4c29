"""Nothing that a ``.env`` sets decides where a request goes, whom it trusts or as whom it is sent.

A cell is an entry point, a name that would decide it, and a way in which the entry point comes to
see it. A real stranger waits behind each name. That he would be found out is seen where the process
is really given the name: there he is asked.
"""

import os
import subprocess

import pytest
from accounts.person import files_with
from conftest import StoreHome
from loopback import Authority
from programs import finish
from scene import ROOT
from trust.dangers import DANGERS
from trust.doors import DOORS, GIVEN, REFUSED, argv, ways
from trust.scene import Scene, Servers

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
_TESTS = os.path.join(ROOT, "tests")
# One of each kind for .ci/run; all of them are for .ci/deep.
_SLOW = {
    *(("Client", "HTTPS_PROXY"), ("load_env", "HTTPS_PROXY"), ("load_env", "SSL_CERT_FILE")),
    *(("load_env", "XDG_CONFIG_HOME, address"), ("clovrix-exec", "XDG_CONFIG_HOME, address")),
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


@pytest.fixture(scope="module")
def servers(tmp_path_factory, authority):
    folder = tmp_path_factory.mktemp("servers")
    (folder / "other").mkdir()
    made = Servers(StoreHome(folder), authority, Authority(str(folder / "other")), folder)
    with made.running():
        yield made


@pytest.fixture
def seen(tmp_path, servers):
    """``seen(door, danger, way)``: the scene when all of it is over."""

    def run(door, danger, way):
        scene = Scene(tmp_path / way.replace(" ", "-"), servers)
        value = danger.set_up(scene)
        if way == GIVEN:
            scene.given[danger.name] = value
        else:
            (scene.inside / ".env").write_text(f"{danger.name}={value}\n")
            if way != REFUSED:
                scene.given["CLOVRIX_ALLOW"] = danger.name
        environ = {**scene.given, "PYTHONPATH": os.pathsep.join((ROOT, _TESTS))}
        command = argv(way, door, str(scene.inside), str(scene.outside))
        given = {"input": f"{servers.token}\n", "stderr": subprocess.STDOUT}
        done = finish(command, scene.inside, environ, **given)
        scene.status, scene.output = done.returncode, done.stdout
        return scene

    return run


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("door", "danger"), CELLS, ids=str)
def test_a_name_of_a_file_decides_nothing(seen, servers, door, danger):
    """The stranger behind it is not asked, and Clovrix is; where the name is given, he is."""
    given = seen(door, danger, GIVEN)
    assert danger.leaked(given) == danger.counts, given.output
    for way in ways(door):
        scene = seen(door, danger, way)
        about = f"{way}: status {scene.status}\n{scene.output}"
        assert not danger.leaked(scene), about
        assert not files_with(servers.token, scene.strangers), about
        assert danger.asked(scene) or way == REFUSED, about


@pytest.mark.slow
def test_the_number_of_cells():
    """Every entry point meets every name that can touch it."""
    assert sum(len(ways(door)) for door, *_ in (cell.values for cell in CELLS)) > 1000
