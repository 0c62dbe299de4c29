"""Every name of the table is refused from files, defaults and Clovrix, and its remedy works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from launch.launcher import Launcher, refusal

from clovrix_env import ClovrixConfigError, load_env
from clovrix_env.api.limits import is_key
from clovrix_env.api.messages import Call, WriteItem
from clovrix_env.resolution import guard, guard_names

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# One or more of each family that the table does not hold by name.
_OF_FAMILIES = """
LD_PRELOAD LD_AUDIT LD_LIBRARY_PATH LD_X DYLD_INSERT_LIBRARIES DYLD_X BASH_FUNC_X GIT_CONFIG_COUNT
GIT_CONFIG_GLOBAL GIT_CONFIG_PARAMETERS LUA_INIT_5_4 LUA_PATH_5_4 LUA_CPATH_5_4 TCL8_6_TM_PATH
TCL9_0_TM_PATH ERL_OTP27_FLAGS BUNDLE_LOCAL__RACK BUNDLE_BUILD__PG BUNDLER_ORIG_RUBYOPT
TF_CLI_ARGS_init FZF_DEFAULT_COMMAND FZF_DEFAULT_OPTS FZF_DEFAULT_OPTS_FILE
OMPI_MCA_mca_base_component_path PMIX_MCA_mca_base_component_path PRTE_MCA_plm_ssh_agent
PIP_CONFIG_FILE PIP_FIND_LINKS PIP_CONSTRAINT PIP_find_links PIP_X VIRTUALENV_PYTHON
VIRTUALENV_CONFIG_FILE POETRY_CONFIG_DIR POETRY_VIRTUALENVS_PATH ANSIBLE_CONFIG ANSIBLE_LIBRARY
ANSIBLE_VAULT_PASSWORD_FILE PEX_PYTHON PEX_PATH npm_config_x NPM_CONFIG_X Npm_Config_Script_X
pnpm_config_script_shell PNPM_CONFIG_SCRIPT_SHELL YARN_SCRIPT_SHELL yarn_script_shell
YARN_INJECT_ENVIRONMENT_FILES BUN_INSPECT BUN_INSTALL BUN_BE_BUN
CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER CARGO_ENCODED_RUSTFLAGS MISE_CONFIG_DIR DIRENV_CONFIG
DIRENV_DIFF
"""
_OURS = ["CLOVRIX_API_URL", "CLOVRIX_TOKEN", "CLOVRIX_ALLOW", "CLOVRIX_X", "__CLOVRIX_ENV"]
_REFUSED = sorted({*guard.NAMES, *_OF_FAMILIES.split()})
# A key of Clovrix is written in capitals, which npm, pnpm and Yarn take as well.
_ANY_CASE = ("npm_config_", "pnpm_config_", "yarn_")
_CAPITALS = (n.upper() if n.lower().startswith(_ANY_CASE) else n for n in _REFUSED)
_KEYS = sorted({name for name in _CAPITALS if is_key(name)})
# What a project of Clovrix holds of them.
_HALVES = {"backend": _KEYS[:400], "frontend": _KEYS[400:]}
# A remedy is written from the name alone: some of every kind are carried out.
_SAMPLE = [*_REFUSED[::61], "PATH", "npm_config_script_shell"]
_SAMPLE_KEYS = sorted({*_KEYS[::61], *(name for name in _SAMPLE if name in _KEYS), _KEYS[-1]})


@pytest.fixture(scope="module")
def store(module_store):
    """Two projects whose ``staging`` holds all the names; ``production`` of one holds ours."""
    assert all(is_key(key) for key in [*_KEYS, *_OURS])
    module_store.store.create_project("frontend")
    module_store.store.create_environment("frontend", "staging")
    held = [(project, "staging", keys) for project, keys in _HALVES.items()]
    for *place, keys in [*held, ("backend", "production", _OURS)]:
        for start in range(0, len(keys), 100):
            items = tuple(WriteItem(key, "hunter2") for key in keys[start : start + 100])
            reply = module_store.store.answer(Call("set_entries", *place, items=items))
            assert reply.status == 200, reply.data
    return module_store


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory of a process whose environment is a copy without refused names."""
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    refused = {name for name in os.environ if guard.refusal_reason(name)} - {"PATH", "HOME"}
    monkeypatch.setattr(os, "environ", {k: v for k, v in os.environ.items() if k not in refused})
    return made


@pytest.fixture
def clovrix(store, folder):
    """The embedded store, as the process environment's Clovrix."""
    store.save_key()
    os.environ["CLOVRIX_API_URL"] = store.url
    return {"CLOVRIX_API_URL": store.url}


def _refused(*arguments, **options):
    before = dict(os.environ)
    with pytest.raises(ClovrixConfigError) as caught:
        load_env(*arguments, **options)
    assert os.environ == before
    assert "hunter2" not in str(caught.value) + repr(caught.value)
    return caught.value


def _problem(place, name):
    return f"{place}: {name} is refused: it {guard.refusal_reason(name)}"


def _carried_out(remedy):
    """What a remedy says, to the letter: arguments for ``load_env()``, or a variable, set."""
    said, _, rest = remedy.partition(" or ")
    name, _, value = rest.split(" ")[0].partition("=")
    before = dict(os.environ)
    for options, more in ((eval(f"dict({said})"), {}), ({}, {name: value})):
        os.environ.update(more)
        yield options
        os.environ.clear()
        os.environ.update(before)


def test_there_is_one_of_each_family():
    """So that no family stands in the table untried."""
    tried = {begin for begin in guard.FAMILIES if begin.endswith("CLOVRIX_")}
    for name in _OF_FAMILIES.split():
        [begin] = [begin for begin in guard.FAMILIES if name.lower().startswith(begin.lower())]
        assert guard.refusal_reason(name) == guard.FAMILIES[begin]
        tried.add(begin)
    assert tried == set(guard.FAMILIES)


@pytest.mark.quick
def test_a_file_sets_none_of_them(folder):
    """All are told at once, each with its line and what it would do."""
    (folder / ".env").write_text("".join(f"{name}=hunter2\n" for name in _REFUSED))
    assert _refused().problems == tuple(
        _problem(f".env:{line}", name) for line, name in enumerate(_REFUSED, 1)
    )


@pytest.mark.quick
@pytest.mark.parametrize("project", _HALVES)
def test_clovrix_sets_none_of_them(clovrix, project):
    """All are told at once, each with project and environment."""
    expected = [_problem(f"{project}/staging in the store", key) for key in _HALVES[project]]
    assert sorted(_refused(project, "staging").problems) == expected


def test_a_default_sets_none_of_them(folder):
    """A default of ``.clovrix`` comes with the project, as a file does."""
    tables = (f'[variables.{name}]\ndefault = "hunter2"\n' for name in _REFUSED)
    (folder / ".clovrix").write_text("[guard]\nallow = ['PATH']\n" + "".join(tables))
    assert _refused().problems == tuple(_problem("default in .clovrix", n) for n in _REFUSED)


@pytest.mark.parametrize("name", _SAMPLE)
def test_remedy_for_a_file_works(folder, name):
    """Each way that it names, carried out to the letter, lets that name pass and no other."""
    (folder / ".env").write_text(f"{name}=hunter2\n")
    for options in _carried_out(_refused().remedy):
        (folder / ".env").write_text(f"{name}=hunter2\nLD_OTHER=x\n")
        assert len(_refused(**options).problems) == 1
        (folder / ".env").write_text(f"{name}=hunter2\n")
        assert dict(load_env(**options, override=True)) == {name: "hunter2"}


@pytest.mark.parametrize("key", _SAMPLE_KEYS)
def test_remedy_for_clovrix_works(folder, clovrix, key):
    """So do the ways that it names for an entry; ``.clovrix`` is one of them."""
    asked = {"only": [key], "override": True}
    place = ("backend" if key in _HALVES["backend"] else "frontend", "staging")
    refused = _refused(*place, **asked)
    assert refused.remedy == (
        f"allow=[{key!r}] or CLOVRIX_ALLOW={key} lets it pass, "
        "and so does [guard] allow in .clovrix"
    )
    for options in _carried_out(refused.remedy):
        assert dict(load_env(*place, **asked, **options)) == {key: "hunter2"}
    (folder / ".clovrix").write_text(f'[guard]\nallow = ["{key}"]\n')
    assert dict(load_env(*place, **asked)) == {key: "hunter2"}


@pytest.mark.parametrize("key", _OURS)
def test_nobody_lets_ours_pass_from_clovrix(folder, clovrix, key):
    """Neither argument nor variable nor project file; the remedy is to rename it."""
    (folder / ".clovrix").write_text(f'[guard]\nallow = ["{key}"]\n')
    os.environ["CLOVRIX_ALLOW"] = key
    refused = _refused("backend", "production", only=[key], allow=[key])
    assert refused.problems == (_problem("backend/production in the store", key),)
    assert refused.remedy == f"rename {key}, or remove it"


@pytest.mark.parametrize("name", _SAMPLE)
def test_launcher_refuses_it_from_a_file_and_its_remedy_works(clean_environment, folder, name):
    """``clovrix-exec`` says the same with its own words; its remedy can be pasted."""
    launcher = Launcher(folder, clean_environment)
    (folder / ".env").write_text(f"{name}='hunter2'\n")
    problem, remedy = refusal(launcher("--", "true"))
    assert problem == _problem(".env:1", name)
    option, _, rest = remedy.partition(" or ")
    assert (option, rest) == (f"--allow {name}", f"CLOVRIX_ALLOW={name} lets it pass")
    # What is allowed takes the command over, as it would: printenv by its path, without its help.
    command = ("--override", "--", "/usr/bin/printenv", name)
    passed = launcher(*option.split(), *command)
    assert passed.stdout == b"hunter2\n", passed.stderr


# The table, and the page that documents it.

_TOP = Path(__file__).resolve().parents[2]


def test_page_has_every_name_once_and_no_other():
    """Names and families, as the code has them, each with its tool's manual or specification."""
    tools = tomllib.loads((_TOP / "docs/reference/guard.toml").read_text(encoding="utf-8"))
    refused = {*guard_names.NAMES, *(f"{begin}*" for begin in guard_names.FAMILIES)}
    documented = [name for tool in tools.values() for name in tool["names"].split()]
    assert sorted(documented) == sorted(refused)
    assert [key for key, tool in tools.items() if not (tool["tool"] and tool["documented"])] == []


def test_what_passes_is_of_a_family():
    """A list of what passes belongs to a family, and no name in it is refused by itself."""
    for begin, words in guard_names.PASSES.items():
        assert begin in guard_names.FAMILIES
        assert not {f"{begin}{word}" for word in words.split()} & set(guard_names.NAMES)


def test_the_table_imports_nothing():
    """It is loaded at every start."""
    code = "import sys; n = len(sys.modules); import clovrix_env.resolution.guard_names; "
    code += "print(len(sys.modules) - n)"
    argv = [sys.executable, "-c", f"import clovrix_env.resolution, __future__; {code}"]
    assert subprocess.check_output(argv, cwd=_TOP, timeout=30) == b"1\n"
