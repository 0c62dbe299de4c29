"""What the contract is held against: the winners that the program will see, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clovrix_env import resolve_env

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolve.surroundings import Project

    Refused = Callable[..., list[str]]


def test_value_that_is_hidden_may_be_anything(
    project: Project, answers: Callable[..., Any]
) -> None:
    """Only what wins is checked."""
    project.declare('project = "b"\ndefault_environment = "e"\n[variables.PORT]\ntype = "port"\n')
    project.write(".env", "PORT=8000\n")
    assert resolve_env(client=answers(b={"PORT": "none"})).typed("PORT") == 8000


def test_value_is_checked_after_it_was_expanded(project: Project, refused: Refused) -> None:
    """What the line says is not what the program sees."""
    project.declare("[variables.URL]\ntype = 'url'\n[variables.HOST]\n")
    project.write(".env", "HOST=db\nURL=postgres://${HOST}/app\n")
    assert resolve_env().typed("URL").hostname == "db"
    assert refused(overrides={"HOST": "d b"}) == [
        "URL is not a valid url (.env:2); expected a URL with scheme://"
    ]


@pytest.mark.parametrize(
    ("override", "problem"),
    [(False, "process environment"), (True, ".env:1")],
)
def test_who_wins_is_who_is_checked(
    project: Project,
    refused: Refused,
    monkeypatch: pytest.MonkeyPatch,
    override: bool,
    problem: str,
) -> None:
    """With ``override=True`` it is the file's value."""
    project.declare("[variables.N]\ntype = 'int'\n")
    project.write(".env", "N=file\n")
    monkeypatch.setenv("N", "process")
    assert refused(override=override) == [
        f"N is not a valid int ({problem}); expected a whole number"
    ]
    good = {True: "1", False: "file"}[override]
    project.write(".env", f"N={good}\n")
    monkeypatch.setenv("N", "process" if override else "2")
    assert resolve_env(override=override).typed("N") == (1 if override else 2)


def test_name_that_only_the_process_has_is_checked(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program sees it, whoever set it."""
    project.declare("[variables.N]\ntype = 'int'\nrequired = true\n")
    monkeypatch.setenv("N", "x")
    assert refused() == ["N is not a valid int (process environment); expected a whole number"]
    monkeypatch.setenv("N", "1")
    assert dict(resolve_env()) == {"N": "1"}


def test_required_in_counts_in_these_environments_only(project: Project, refused: Refused) -> None:
    """By exact name; without an environment it counts nowhere."""
    project.declare("[variables.DSN]\nrequired_in = ['staging', 'production']\n")
    for environment in (None, "development", "Production"):
        assert dict(resolve_env(environment=environment)) == {}
    for environment in ("staging", "production"):
        assert refused(environment=environment) == [
            "DSN is required and not set (declared in .clovrix:1); expected text"
        ]


def test_empty_value_is_set_and_fits_what_takes_it(project: Project, refused: Refused) -> None:
    """``required`` asks for more than empty, and most types do as well."""
    project.declare(
        "[variables]\nA = {}\nB = {type = 'int'}\nC = {required = true}\n"
        "D = {type = 'enum', choices = ['', 'x']}\nE = {type = 'path', required = true}\n"
    )
    project.write(".env", "A=\nB=\nC=\nD=\nE=\n")
    assert refused() == [
        "B is empty, which is not a valid int (.env:2); expected a whole number",
        "C is required and empty (.env:3); expected text",
        "E is required and empty (.env:5); expected a path",
    ]


@pytest.mark.parametrize(
    ("select", "why"),
    [
        ({"only": ["OTHER_*", "X"]}, "not in only OTHER_*, X"),
        ({"exclude": ["NA*"]}, "exclude NA*"),
        ({"only": ["NAME"], "exclude": ["*"]}, "exclude *"),
    ],
)
def test_required_name_that_is_left_out_says_why(
    project: Project, refused: Refused, select: dict[str, list[str]], why: str
) -> None:
    """Else one would look for a value that is there."""
    project.declare("[variables.NAME]\nrequired = true\n")
    project.write(".env", "NAME=x\n")
    assert refused(**select) == [
        f"NAME is required and not set (left out: {why}; declared in .clovrix:1); expected text"
    ]


def test_name_that_is_left_out_may_be_anything(project: Project) -> None:
    """The program does not see it."""
    project.declare("[variables.N]\ntype = 'int'\n")
    project.write(".env", "N=x\n")
    assert dict(resolve_env(exclude=["N"])) == {}


def test_process_stands_in_for_a_name_that_is_left_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The selection is of what we inject, never of the process environment."""
    project.declare("[variables.N]\ntype = 'int'\nrequired = true\n")
    project.write(".env", "N=x\n")
    monkeypatch.setenv("N", "7")
    assert resolve_env(exclude=["N"]).typed("N") == 7


def test_value_that_cannot_be_expanded_is_told_once(project: Project, refused: Refused) -> None:
    """Not a second time as missing or unfit."""
    project.declare("[variables.N]\ntype = 'int'\nrequired = true\n")
    project.write(".env", "N=${ABSENT}\n")
    [problem] = refused()
    assert problem.startswith(".env:1: N: refers to ABSENT, which is not set")


def test_default_is_checked_where_it_is_declared(project: Project, refused: Refused) -> None:
    """Whoever wins: the file is wrong for everybody."""
    project.declare("[variables.N]\ntype = 'int'\ndefault = 'x'\nexample = 'y'\n")
    project.write(".env", "N=1\n")
    assert refused() == [
        ".clovrix:3: variables.N.default is not a valid int",
        ".clovrix:4: variables.N.example is not a valid int",
    ]


@pytest.mark.parametrize("bound", ["nan", "inf", "-inf", "true", '"5"', '"5m"', "1979-05-27"])
def test_bound_that_bounds_nothing_is_told(project: Project, refused: Refused, bound: str) -> None:
    """A number is bounded by a number."""
    project.declare(f"[variables.N]\ntype = 'int'\nmin = {bound}\n")
    [problem] = refused()
    assert problem.startswith(".clovrix:3: variables.N.min ")


def test_disabled_is_not_held_to_the_contract(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """clovrix-env does nothing then; what is read as a type is a text."""
    project.declare("[variables.N]\ntype = 'int'\nrequired = true\n")
    monkeypatch.setenv("CLOVRIX_DISABLED", "1")
    monkeypatch.setenv("OTHER", "1")
    assert resolve_env().typed("OTHER") == "1"


def test_many_choices_are_told_by_their_beginning(project: Project, refused: Refused) -> None:
    """A line stays readable."""
    choices = [f"c{number}" for number in range(30)]
    project.declare(f"[variables.N]\ntype = 'enum'\nchoices = {choices}\n")
    [problem] = refused(overrides={"N": "x"})
    told = ", ".join(choices[:12])
    assert problem == f"N is not one of its choices (overrides=); expected one of {told}, …"


def test_service_whose_name_holds_port_is_known(
    project: Project, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
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
