"""What the contract is held against: the winners that the program will see, and nothing else."""

from typing import NamedTuple

import pytest

from clovrix_env import resolve_env


class World(NamedTuple):
    """A contract, what ``.env`` and the process say, and what comes of it."""

    declared: str
    dotenv: str
    comes_of_it: object  # the problems, or the typed value of a name
    options: dict = {}
    process: dict = {}


INT = "[variables.N]\ntype = 'int'\n"
NEEDED = f"{INT}required = true\n"
URL = "[variables.URL]\ntype = 'url'\n[variables.HOST]\n"
WHOLE = "expected a whole number"
BAD = f"N is not a valid int ({{}}); {WHOLE}"
MINE = BAD.format("process environment")
OVERRIDE = {"override": True}
LEFT_OUT = "NAME is required and not set (left out: {}; declared in .clovrix:1); expected text"
NAME = "[variables.NAME]\nrequired = true\n"
EXPANDED = "HOST=db\nURL=postgres://${HOST}/app\n"
WORLDS = {
    "expanded": World(URL, EXPANDED,
                      ["URL is not a valid url (.env:2); expected a URL with scheme://"],
                      {"overrides": {"HOST": "d b"}}),
    "the process wins": World(INT, "N=file\n", [MINE], {}, {"N": "process"}),
    "a file loses": World(INT, "N=file\n", 2, {}, {"N": "2"}),
    "a file wins": World(INT, "N=file\n", [BAD.format(".env:1")], OVERRIDE, {"N": "process"}),
    "the process loses": World(INT, "N=1\n", 1, OVERRIDE, {"N": "process"}),
    "only the process has it, bad": World(NEEDED, "", [MINE], {}, {"N": "x"}),
    "only the process has it": World(NEEDED, "", 1, {}, {"N": "1"}),
    "empty": World(
        "[variables]\nA = {}\nB = {type = 'int'}\nC = {required = true}\n"
        "D = {type = 'enum', choices = ['', 'x']}\nE = {type = 'path', required = true}\n",
        "A=\nB=\nC=\nD=\nE=\n",
        [f"B is empty, which is not a valid int (.env:2); {WHOLE}",
         "C is required and empty (.env:3); expected text",
         "E is required and empty (.env:5); expected a path"],
    ),
    "left out by only": World(
        *(NAME, "NAME=x\n", [LEFT_OUT.format("not in only OTHER_*, X")]), {"only": ["OTHER_*", "X"]}
    ),
    "left out by exclude": World(
        NAME, "NAME=x\n", [LEFT_OUT.format("exclude NA*")], {"exclude": ["NA*"]}
    ),
    "left out by both": World(
        *(NAME, "NAME=x\n", [LEFT_OUT.format("exclude *")]), {"only": ["NAME"], "exclude": ["*"]}
    ),
    "left out and bad": World(INT, "N=x\n", None, {"exclude": ["N"]}),
    "the process stands in": World(NEEDED, "N=x\n", 7, {"exclude": ["N"]}, {"N": "7"}),
    # A default is wrong for everybody, whoever wins.
    "default": World(
        f"{INT}default = 'x'\nexample = 'y'\n",
        "N=1\n",
        [
            f".clovrix:{n}: variables.N.{key} is not a valid int"
            for n, key in ((3, "default"), (4, "example"))
        ],
    ),
    "not expanded, told once": World(
        NEEDED, "N=${ABSENT}\n", [".env:1: N: refers to ABSENT, which is not set"]
    ),
    # clovrix-env does nothing then; what is read as a type is a text.
    "disabled": World(NEEDED, "", "x", {}, {"CLOVRIX_DISABLED": "1", "N": "x"}),
}  # fmt: skip


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_winners_are_checked_and_nothing_else(project, refused, monkeypatch, world):
    """As the program will see them: expanded, selected, by the layer that wins."""
    project.declare(world.declared)
    project.write(".env", world.dotenv)
    for name, value in world.process.items():
        monkeypatch.setenv(name, value)
    if isinstance(world.comes_of_it, list):
        problems = refused(**world.options)
        assert len(problems) == len(world.comes_of_it)
        assert all(map(str.startswith, problems, world.comes_of_it)), problems
    else:
        found = resolve_env(**world.options)
        assert (found.typed("N") if "N" in found else None) == world.comes_of_it


def test_required_in_counts_in_these_environments_only(project, refused):
    """By exact name; without an environment it counts nowhere."""
    project.declare("[variables.DSN]\nrequired_in = ['staging', 'production']\n")
    for environment in (None, "development", "Production"):
        assert dict(resolve_env(environment=environment)) == {}
    for environment in ("staging", "production"):
        assert refused(environment=environment) == [
            "DSN is required and not set (declared in .clovrix:1); expected text"
        ]


@pytest.mark.parametrize("bound", ["nan", "inf", "-inf", "true", '"5"', '"5m"', "1979-05-27"])
def test_bound_that_bounds_nothing_is_told(project, refused, bound):
    """A number is bounded by a number."""
    project.declare(f"[variables.N]\ntype = 'int'\nmin = {bound}\n")
    [problem] = refused()
    assert problem.startswith(".clovrix:3: variables.N.min ")


def test_many_choices_are_told_by_their_beginning(project, refused):
    """A line stays readable."""
    choices = [f"c{number}" for number in range(30)]
    project.declare(f"[variables.N]\ntype = 'enum'\nchoices = {choices}\n")
    [problem] = refused(overrides={"N": "x"})
    told = ", ".join(choices[:12])
    assert problem == f"N is not one of its choices (overrides=); expected one of {told}, …"


def test_service_whose_name_holds_port_is_known(project, refused, monkeypatch):
    """``my-portal`` makes MY_PORTAL_PORT, and MY_PORTAL_PORT_80_TCP."""
    monkeypatch.setenv("MY_PORTAL_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("MY_PORTAL_PORT", "tcp://10.0.0.1:80")
    monkeypatch.setenv("MY_PORTALS_PORT", "tcp://10.0.0.1:80")
    project.declare(
        "[variables]\nMY_PORTAL_PORT = {type = 'port'}\nMY_PORTALS_PORT = {type = 'port'}\n"
    )
    expected = "expected a port, 1 to 65535"
    assert refused() == [
        "MY_PORTAL_PORT is not a valid port (process environment, a Kubernetes service link); "
        + expected,
        f"MY_PORTALS_PORT is not a valid port (process environment); {expected}",
    ]
