"""Values that are not ASCII, in locales that are not UTF-8."""

import shutil
import sys

import pytest
from programs import finish

_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
_SHOW = "import os; print(ascii({n: os.environb.get(n.encode()) for n in ('A', 'B', 'EURO')}))"
_LOAD = f"import clovrix_env, sys; clovrix_env.load_env(); {_SHOW}"
_RESOLVE = "import clovrix_env; print(ascii(dict(clovrix_env.resolve_env())))"


@pytest.fixture(scope="session")
def latin_1(tmp_path_factory):
    """The variables of a Latin-1 locale, made for the test where the system can."""
    folder = tmp_path_factory.mktemp("locale")
    if shutil.which("localedef") is None:
        pytest.skip("no localedef")
    made = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / "de_DE.ISO-8859-1")]
    if finish(made).returncode != 0:
        pytest.skip("no sources of locales")
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE.ISO-8859-1", "PYTHONUTF8": "0"}


@pytest.mark.parametrize(
    ("load", "names"),
    [("load_env()", b".env:2: B"),
     ("load_env(files=[], overrides={'A': '1', '\\u00c9': '1'})", b"")],
)  # fmt: skip
def test_what_the_c_locale_cannot_write_is_refused(project, launched, load, names):
    """A clear sentence with name and place, nothing set; ``overrides=`` has names like that."""
    project.write(".env", "A=1\nB=é€\n")
    script = f"import clovrix_env\ntry: clovrix_env.{load}\nfinally: {_SHOW}"
    result = launched.plain(sys.executable, "-c", script, env={**_C, "PYTHONIOENCODING": "utf-8"})
    assert result.stdout == b"{'A': None, 'B': None, 'EURO': None}\n"
    assert names + b" cannot be written in the encoding of this locale (" in result.stderr
    assert b"PYTHONUTF8=1" in result.stderr
    assert b"UnicodeEncodeError" not in result.stderr


def test_resolving_in_the_c_locale_tells_every_value(project, launched):
    """It sets nothing, so nothing has to fit."""
    project.write(".env", "B=é€\n")
    result = launched.plain(sys.executable, "-c", _RESOLVE, env=_C)
    assert result.stdout == b"{'B': '\\xe9\\u20ac'}\n", result.stderr


def test_inherited_bytes_pass_through_a_reference_unharmed(project, launched):
    """Bytes that are no text here are written as they came."""
    project.write(".env", "B=<${A}>\n")
    for value in (b"\xe9", "é€".encode()):
        result = launched.plain(sys.executable, "-c", _LOAD, env={**_C, "A": value})
        expected = repr({"A": value, "B": b"<" + value + b">", "EURO": None})
        assert result.stdout.decode().strip() == expected, result.stderr


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "none"])
def test_launcher_writes_utf8_in_every_locale(project, launched, locale):
    """And what it wrote stands for the program's ``load_env()``, in that locale too."""
    project.write(".env", "B=é€\n")
    env = {"C": _C, "C.UTF-8": {"LC_ALL": "C.UTF-8"}, "none": {}}[locale]
    result = launched("--", sys.executable, "-c", _LOAD, env=env)
    assert result.returncode == 0, result.stderr
    assert "é€".encode() in eval(result.stdout).values()
    assert result.stderr == b""


def test_latin_1_locale_holds_what_it_can(project, launched, latin_1):
    """``é`` is one byte there, for this program and its children; ``€`` is refused by name."""
    project.write(".env", "B=é\n")
    twice = f"{_LOAD}; clovrix_env.load_env(); {_SHOW}"
    result = launched.plain(sys.executable, "-c", twice, env=latin_1)
    assert result.stdout.splitlines() == [b"{'A': None, 'B': b'\\xe9', 'EURO': None}"] * 2
    project.write(".env", "B=é\nEURO=€\n")
    result = launched.plain(sys.executable, "-c", _LOAD, env=latin_1)
    assert result.returncode == 1
    assert b".env:2: EURO cannot be written" in result.stderr
    assert b"B cannot" not in result.stderr
