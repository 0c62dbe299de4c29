"""``--pristine`` and ``--keep``: which names reach the program."""

import pytest
from launch.launcher import environment, refusal

SHOW = ("--", "env", "-0")
_LEFT = {"USER", "LANG", "LC_TIME", "TERM", "TZ"}
_OTHERS = {"PYTHONPATH", "SECRET", "PROXY_A", "PROXY_B", "LCX", "MY_PATH", "lang"}
_ALWAYS = {"PATH", "HOME", "GREETING", *_LEFT}


def names(launcher, words, *show):
    """The names that a program finds behind an option line."""
    found = environment(launcher(*words.split(), *(show or SHOW)))
    return {name.decode() for name in found}


@pytest.fixture
def given(launcher):
    """Some of what ``--pristine`` leaves, and some of what it does not."""
    launcher.environ.update(dict.fromkeys(_LEFT | _OTHERS - {"PYTHONPATH"}, "given"))
    launcher.environ["LANG"] = "C.UTF-8"


@pytest.mark.usefixtures("given")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", _ALWAYS | _OTHERS),
        ("--pristine --set LAST=x", _ALWAYS | {"LAST"}),
        ("--pristine --keep SECRET", _ALWAYS | {"SECRET"}),
        ("--pristine --keep PROXY_[B] --keep ?CX", _ALWAYS | {"PROXY_B", "LCX"}),
        ("--pristine --keep secret", _ALWAYS),
    ],
)
def test_pristine_leaves_a_few_names_and_those_to_keep(launcher, words, expected):
    """PATH, HOME, USER, LANG, LC_*, TERM, TZ and what was resolved; ``--keep`` by glob."""
    assert names(launcher, words) == expected


@pytest.mark.usefixtures("given")
def test_declared_name_of_the_process_is_handed_on(launcher):
    """The contract says that the program expects it."""
    (launcher.folder / ".clovrix").write_text("[variables.SECRET]\nrequired = true\n")
    assert names(launcher, "--pristine") == _ALWAYS | {"SECRET"}


def test_token_is_handed_on_only_by_its_own_option(launcher):
    """No glob means it."""
    secrets = {"CLOVRIX_TOKEN": "icr_x", "CLOVRIX_MASTER_KEY": "x", "CLOVRIX_STORE": "file:x"}
    launcher.environ.update(secrets)
    assert not names(launcher, "--pristine --keep *") & set(secrets)
    assert names(launcher, "--pristine --pass-token") >= set(secrets)


@pytest.mark.usefixtures("given")
def test_launchers_below_each_other(launcher):
    """The marker is handed on, so that what one has set is there for the other to keep."""
    inner = ("--", *launcher.argv(*SHOW))
    found = names(launcher, "--pristine --keep PYTHONPATH --set LAST=x", *inner)
    assert found == _ALWAYS | {"PYTHONPATH", "LAST"}
    inner = ("--", *launcher.argv("--pristine", *SHOW))
    assert names(launcher, "--set LAST=x", *inner) == _ALWAYS | {"LAST"}


@pytest.mark.usefixtures("given")
def test_disabled_hands_everything_on(launcher):
    """clovrix-env does nothing then, and chooses nothing."""
    launcher.environ["CLOVRIX_DISABLED"] = "1"
    expected = (_ALWAYS | _OTHERS | {"CLOVRIX_DISABLED"}) - {"GREETING"}
    assert names(launcher, "--pristine") == expected


def test_bytes_that_are_no_text_are_handed_on(launcher):
    """What is kept is kept to the byte."""
    launcher.environ[b"SECRET"] = b"\xff\xfe"
    assert environment(launcher("--pristine", "--keep", "S*", *SHOW))[b"SECRET"] == b"\xff\xfe"


def test_keep_alone_is_wrong_usage(launcher):
    """It would do nothing."""
    problem = "--keep needs --pristine"
    assert refusal(launcher("--keep", "X", *SHOW)) == [problem, "see clovrix-exec --help"]
