"""Names that would take over the child: refused from files and from Clovrix, unless allowed.

Whoever can write a ``.env`` file, a default of ``.clovrix`` or a Clovrix entry should be able to
configure a program, not to run code in every program that is started beside it. The process
environment is the user's own and is not judged.
"""

from __future__ import annotations

import os

from clovrix_env.model.layer import CLOVRIX, DEFAULT, FILE
from clovrix_env.model.names import OURS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from clovrix_env.errors import Problems
    from clovrix_env.model.layer import Layer
    from clovrix_env.settings.settings import Settings

_LIBRARY = "makes programs load a library"
_IMPORTS = "changes where code is imported from"
_STARTS = "runs code when an interpreter starts"
_OPTIONS = "adds options that run code"
_SOURCES = "is read and run by a shell"
_RUNS = "names a program that is run"
_CONFIG = "names a configuration that can run programs"
_WHERE = "decides which programs and files are found"

# Families, by how their names begin.
FAMILIES: dict[str, str] = {
    "LD_": _LIBRARY,
    "DYLD_": _LIBRARY,
    "BASH_FUNC_": "defines a function in every bash",
    "GIT_CONFIG_": "sets git's configuration, which can run programs",
    "LUA_INIT_": _STARTS,
    "LUA_PATH_": _IMPORTS,
    "LUA_CPATH_": _IMPORTS,
    "TCL8_": _IMPORTS,
    "TCL9_": _IMPORTS,
    "CLOVRIX_": "is ours: it decides whom clovrix-env asks and trusts",
    "__CLOVRIX_": "is ours: it says what a launcher has injected",
}
_NPM = "NPM_CONFIG_"


def _table(*rows: tuple[str, str]) -> dict[str, str]:
    return {name: effect for names, effect in rows for name in names.split()}


# Exact names: the loader's and OpenSSL's, the interpreters', the shells', the tools', the user's.
NAMES: dict[str, str] = _table(
    ("_RLD_LIST SHLIB_PATH GCONV_PATH OPENSSL_ENGINES OPENSSL_MODULES SSH_SK_PROVIDER", _LIBRARY),
    ("GLIBC_TUNABLES", "changes the C library's behaviour"),
    ("MALLOC_TRACE", "makes the C library write a file"),
    ("OPENSSL_CONF OPENSSL_CONF_INCLUDE", "makes every program with TLS load a library"),
    ("SSLKEYLOGFILE", "writes the keys of TLS connections to a file"),
    ("PYTHONPATH PYTHONHOME PYTHONUSERBASE PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX", _IMPORTS),
    ("PYTHONSTARTUP PYTHONINSPECT PYTHONBREAKPOINT PYTHONWARNINGS PYTHON_PRESITE", _STARTS),
    ("PYTHONEXECUTABLE __PYVENV_LAUNCHER__", _IMPORTS),
    ("PYTEST_ADDOPTS PYTEST_PLUGINS", _OPTIONS),
    ("NODE_OPTIONS NODE_REPL_EXTERNAL_MODULE", _OPTIONS),
    # npm takes its names in any case: they stand here in the lower one.
    ("npm_config_script_shell npm_config_shell npm_config_git npm_config_init_module", _RUNS),
    ("npm_config_editor npm_config_browser PIP_PYTHON", _RUNS),
    ("npm_config_node_options", _OPTIONS),
    ("npm_config_userconfig npm_config_globalconfig npm_config_prefix YARN_YARN_PATH", _CONFIG),
    ("PERL5OPT PERL5DB", _OPTIONS),
    ("PERL5LIB PERLLIB RUBYLIB BUNDLE_GEMFILE GEM_HOME GEM_PATH", _IMPORTS),
    ("RUBYOPT", _OPTIONS),
    ("JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS MAVEN_OPTS GRADLE_OPTS", _OPTIONS),
    ("CLASSPATH LUA_PATH LUA_CPATH JULIA_LOAD_PATH JULIA_DEPOT_PATH", _IMPORTS),
    ("TCL_LIBRARY TCLLIBPATH", _IMPORTS),
    ("LUA_INIT R_PROFILE R_PROFILE_USER R_ENVIRON R_ENVIRON_USER", _STARTS),
    ("DOTNET_STARTUP_HOOKS DOTNET_ADDITIONAL_DEPS DOTNET_SHARED_STORE", _LIBRARY),
    ("CORECLR_PROFILER_PATH CORECLR_PROFILER_PATH_32 CORECLR_PROFILER_PATH_64", _LIBRARY),
    ("COR_PROFILER_PATH COR_PROFILER_PATH_32 COR_PROFILER_PATH_64", _LIBRARY),
    ("PHPRC PHP_INI_SCAN_DIR", _CONFIG),
    ("ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ELIXIR_ERL_OPTIONS", _OPTIONS),
    ("GOFLAGS RUSTFLAGS MAKEFLAGS GNUMAKEFLAGS TAR_OPTIONS", _OPTIONS),
    ("MAKEFILES", "is read and run by make"),
    ("RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER COMPILER_PATH GCC_EXEC_PREFIX", _RUNS),
    ("CARGO_BUILD_RUSTC CARGO_BUILD_RUSTC_WRAPPER CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER", _RUNS),
    ("BASH_ENV SHELLOPTS BASHOPTS PS0 PS1 PS2 PS4 PROMPT_COMMAND ZDOTDIR", _SOURCES),
    ("BASH_LOADABLES_PATH", _LIBRARY),
    ("NULLCMD READNULLCMD", _RUNS),
    ("IFS", "changes how shell scripts split words"),
    ("CDPATH FPATH", _WHERE),
    ("GIT_SSH GIT_SSH_COMMAND GIT_EXTERNAL_DIFF GIT_PAGER GIT_EDITOR", _RUNS),
    ("GIT_SEQUENCE_EDITOR GIT_ASKPASS GIT_PROXY_COMMAND", _RUNS),
    ("GIT_ALLOW_PROTOCOL", "lets an address of git name a program that is run"),
    ("GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_DIR GIT_COMMON_DIR", _CONFIG),
    ("EDITOR VISUAL FCEDIT SUDO_EDITOR HGEDITOR SVN_EDITOR SYSTEMD_EDITOR", _RUNS),
    ("PAGER MANPAGER SYSTEMD_PAGER BROWSER LESSOPEN LESSCLOSE", _RUNS),
    ("LESS SYSTEMD_LESS MANOPT", _OPTIONS),
    ("LESSKEY LESSKEYIN LESSKEY_CONTENT LESSKEY_SYSTEM LESSKEYIN_SYSTEM", _CONFIG),
    ("VIM VIMRUNTIME VIMINIT GVIMINIT EXINIT", "is run by an editor"),
    ("EMACSLOADPATH", _IMPORTS),
    ("SUDO_ASKPASS SSH_ASKPASS WGET_ASKPASS SSH_SK_HELPER SSH_PKCS11_HELPER", _RUNS),
    ("SVN_SSH CVS_RSH RSYNC_RSH RSYNC_CONNECT_PROG FZF_DEFAULT_COMMAND", _RUNS),
    ("HGRCPATH RIPGREP_CONFIG_PATH CURL_HOME WGETRC SYSTEM_WGETRC PSQLRC INPUTRC", _CONFIG),
    ("DOCKER_CONFIG CARGO_HOME", _CONFIG),
    ("PATH HOME SHELL COMSPEC PATHEXT", _WHERE),
)


def effect(name: str) -> str | None:
    """What a refused name would do, or ``None`` for an ordinary one."""
    if os.name == "nt":
        name = name.upper()
    if name.upper().startswith(_NPM):
        name = name.lower()
    if name in NAMES:
        return NAMES[name]
    return next((FAMILIES[begin] for begin in FAMILIES if name.startswith(begin)), None)


def judge(layers: Iterable[Layer], settings: Settings, allow: str, problems: Problems) -> None:
    """Refuse the names of files, defaults and Clovrix that take over the child, winners or not.

    ``allow`` is how the door spells the permission; empty where it has no argument. What the user
    says counts for both; ``[guard] allow`` of the project for Clovrix's entries only: a repository
    cannot vouch for itself.
    """
    for layer in layers:
        if layer.kind not in (DEFAULT, FILE, CLOVRIX):
            continue
        allowed = settings.allow
        if layer.kind == CLOVRIX:
            allowed = allowed.union(settings.declared.allow)
        for binding in layer.bindings:
            name = binding.name
            does = effect(name)
            if does is None or not settings.selects(name):
                continue
            here = problems.about("guard", binding.place, name)
            if name.startswith(OURS):
                here.add(f"{binding.place}: {name} {does}", f"rename {name}, or remove it")
            elif name not in allowed:
                here.add(f"{binding.place}: {name} {does}", _remedy(name, layer.kind, allow))


def _remedy(name: str, kind: str, allow: str) -> str:
    if not allow:
        return f"CLOVRIX_ALLOW={name} lets it pass"
    said = f"{allow} {name}" if allow.startswith("-") else f"{allow}[{name!r}]"
    places = f"{said} or CLOVRIX_ALLOW={name} lets it pass"
    return f"{places}, and so does [guard] allow in .clovrix" if kind == CLOVRIX else places
