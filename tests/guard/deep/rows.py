"""What names do in tools that few machines have: of each kind of tool some, as in ``effects``.

``install_tools`` brings the tools; its ``guard-python`` is the interpreter that has Python's.
"""

from guard.effects import Effect, each

_RUNS = "#!/bin/sh\n{run}\n"
_PRINTS = "print('taken')\n"
_SCRIPT = {"n.js": "console.log('taken');\n"}
_RUBY = "puts :taken\n"
_TAKE = "cp {library} {planted}/libplanted.so"
_MODULE = "echo 'print(\"taken\")' > planted.py"
_GO = "printf 'package main\\nfunc main() {}\\n' > a.go"
_CARGO = (
    "mkdir -p src && echo 'fn main() {}' > src/main.rs && printf '[package]\\nname = "
    '"a"\\nversion = "1.0.0"\\n\' > Cargo.toml'
)
_CMAKE = "echo 'cmake_minimum_required(VERSION 3.5)\nproject(x NONE)' > CMakeLists.txt"
_AUTOCONF = "printf 'AC_INIT([a], [1])\\nAC_OUTPUT\\n' > configure.ac"
_TOX = (
    "printf '[tox]\\nno_package = true\\n[testenv]\\ncommands = true\\nallowlist_externals = "
    "*\\n' > tox.ini"
)
# A source archive that runs code as it is built, and needs nothing else for it.
_SDIST = (
    "mkdir -p {planted}/honest-1.0 && cd {planted}/honest-1.0 && "
    "printf 'Metadata-Version: 2.1\\nName: honest\\nVersion: 1.0\\n' > PKG-INFO && "
    'printf \'[build-system]\\nrequires = []\\nbuild-backend = "b"\\nbackend-path = ["."]\\n\' '
    '> pyproject.toml && echo \'open("{planted}/taken", "w")\' > b.py && '
    "cd .. && tar -czf honest-1.0.tar.gz honest-1.0"
)
_NPM = 'echo \'{"name": "a", "version": "1.0.0", "scripts": {"x": "true"}}\' > package.json'
_GTK = (
    "/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(\"libgtk-3.so.0\").gtk_init_check(None, None)'"
)
_ICD = {
    "x.json": '{"file_format_version": "1.0.0", "ICD": {"library_path": "{library}", '
    '"api_version": "1.0.0"}}'
}
_GST = "GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 GST_PLUGIN_SYSTEM_PATH GST_PLUGIN_SYSTEM_PATH_1_0"
_PAGE = "echo x > page"

ROWS = (
    # Python's
    Effect("UV_PYTHON", "{run}", "uv run --no-project --offline python -c pass"),
    *each("UV_OVERRIDE UV_CONSTRAINT", "{planted}/o",
          "uv pip install --python {base} --offline --no-cache --target t honest",
          {"o": "honest @ file://{planted}/honest-1.0.tar.gz\n"}, before=_SDIST),
    Effect("PIP_FIND_LINKS", "{planted}",
           "guard-python -m pip install --no-index --no-cache-dir --target t honest",
           before=_SDIST),
    Effect("PIP_log", "{planted}/taken", "guard-python -m pip list"),
    Effect("VIRTUALENV_PYTHON", "{run}", "virtualenv v"),
    Effect("PIPX_DEFAULT_PYTHON", "{run}", "pipx install --pip-args=--no-index x"),
    Effect("PIPENV_PIPFILE", "{planted}/Pipfile", "pipenv run x",
           {"Pipfile": "[scripts]\nx = '{run}'\n"}),
    Effect("PEX_PYTHON", "{run}", "./a.pex", before="pex -o a.pex", tool="pex"),
    Effect("COVERAGE_RCFILE", "{planted}/c", "coverage run a.py",
           {"c": "[run]\nplugins = planted\n"}, before=f"echo pass > a.py && {_MODULE}"),
    Effect("TOX_OVERRIDE", "testenv.commands={run}", "tox run -e py", before=_TOX),
    Effect("IPYTHONDIR", "{planted}", "ipython -c pass", {"profile_default/startup/x.py": _PRINTS}),
    *each("JUPYTER_CONFIG_DIR JUPYTER_CONFIG_PATH", "{planted}", "jupyter-kernelspec list",
          {"jupyter_config.py": _PRINTS}),
    Effect("UVICORN_APP_DIR", "{planted}", "uvicorn main:app", {"main.py": _PRINTS}),
    Effect("GIT_PYTHON_GIT_EXECUTABLE", "{run}", "guard-python -c 'import git'"),
    Effect("ANSIBLE_INVENTORY", "{run}", "ansible-inventory --list"),
    Effect("ANSIBLE_VAULT_PASSWORD_FILE", "{run}", "ansible-vault encrypt_string x"),
    # JavaScript's
    Effect("npm_config_shell", "{run}", "npm explore a",
           before=f"{_NPM} && mkdir -p node_modules/a && cp package.json node_modules/a"),
    Effect("YARN_SCRIPT_SHELL", "{run}", "yarn run x", before=_NPM),
    *each("YARN_YARN_PATH yarn_yarn_path", "{planted}/n.js", "guard-berry --version", _SCRIPT,
          before=f"{_NPM} && touch yarn.lock"),
    Effect("pnpm_config_script_shell", "{run}", "pnpm run x", before=_NPM),
    Effect("BUN_OPTIONS", "--preload={planted}/n.js", "bun run a.js", _SCRIPT,
           before="echo 1 > a.js"),
    Effect("BIOME_BINARY", "{run}", "biome --version"),
    # Compilers' and build tools'
    Effect("GOFLAGS", "-toolexec={run}", "go build a.go", before=_GO),
    Effect("GOENV", "{planted}/env", "go build a.go", {"env": "GOFLAGS=-toolexec={run}\n"},
           before=_GO),
    *each("RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC "
          "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "{run}", "cargo build --offline",
          before=_CARGO),
    *each("CARGO_BUILD_RUSTFLAGS CARGO_ENCODED_RUSTFLAGS RUSTFLAGS", "-Clinker={run}",
          "cargo build --offline", before=_CARGO),
    Effect("RUSTUP_TOOLCHAIN", "{planted}/t", "rustc --version", {"t/bin/rustc*": _RUNS},
           tool="rustup"),
    *each("CPATH C_INCLUDE_PATH", "{planted}", "gcc -E a.c", {"honest.h": "taken\n"},
          before="echo '#include <honest.h>' > a.c"),
    *each("PKG_CONFIG_PATH PKG_CONFIG_LIBDIR", "{planted}", "pkg-config --cflags planted",
          {"planted.pc": "Name: p\nDescription: p\nVersion: 1\nCflags: -DX=taken\n"}),
    Effect("VALGRIND_LIB", "{planted}", "valgrind true", {"memcheck-amd64-linux*": _RUNS}),
    Effect("CMAKE_TOOLCHAIN_FILE", "{planted}/t.cmake", "cmake -S . -B b",
           {"t.cmake": "execute_process(COMMAND {run})\n"}, before=_CMAKE),
    *each("M4 AUTOM4TE", "{run}", "autoconf", before=_AUTOCONF),
    Effect("shell_escape", "t", "pdftex -ini -interaction=nonstopmode "
           "'\\catcode123=1\\catcode125=2\\immediate\\write18{{run}}\\end'"),
    Effect("GROFF_BIN_PATH", "{planted}", "groff -Tascii a", {"troff*": _RUNS},
           before="echo x > a"),
    *each("MAVEN_OPTS MAVEN_DEBUG_OPTS", "-XshowSettings:properties -Dx=taken", "mvn -v"),
    Effect("GRADLE_USER_HOME", "{planted}", "gradle --offline --no-daemon help",
           {"init.d/x.gradle": "println 'taken'\n"}),
    *each("ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_OTP25_FLAGS", "-eval io:write(taken)",
          "erl -noshell -s init stop"),
    Effect("MIX_EXS", "{planted}/m.exs", "mix help", {"m.exs": 'IO.puts("taken")\n'}),
    # Shells' and other languages'
    Effect("FPATH", "{planted}", "zsh -fc 'autoload x; x'", {"x": "echo taken\n"}),
    Effect("XDG_CONFIG_HOME", "{planted}", "git x", {"git/config": "[alias]\nx = !{run}\n"}),
    Effect("XDG_DATA_DIRS", "{planted}", "fish -c true",
           {"fish/vendor_conf.d/x.fish": "echo taken\n"}),
    Effect("XDG_CONFIG_DIRS", "{planted}", "uv pip list --offline",
           {"uv/uv.toml": "[pip]\npython = '{run}'\n"}),
    Effect("INPUTRC", "{planted}/i", "bash --norc -i", {"i": '"b": "{run}\\n"\n'},
           stdin="b\nexit\n", terminal=True),
    Effect("DIRENV_CONFIG", "{planted}", "direnv exec . true", {"direnvrc": "{run}\n"},
           before="echo true > .envrc && direnv allow"),
    Effect("BUNDLE_GEMFILE", "{planted}/Gemfile", "bundle list", {"Gemfile": _RUBY}),
    Effect("RAKEOPT", "-f {planted}/R", "rake", {"R": "puts :taken\ntask :default\n"}),
    Effect("IRBRC", "{planted}/r.rb", "irb", {"r.rb": _RUBY}, stdin="exit\n"),
    Effect("HARNESS_PERL", "{run}", "prove t.t", before="echo 'print qq(1..1\\nok 1\\n)' > t.t"),
    Effect("PHPRC", "{planted}", "php a.php",
           {"php.ini": "auto_prepend_file={planted}/p.php\n", "p.php": "taken\n"},
           before="echo > a.php"),
    *each("LUA_CPATH LUA_CPATH_5_4", "{planted}/?.so", "lua5.4 -e 'require [[planted]]'",
          before="cp {library} {planted}/planted.so"),
    *each("R_PROFILE R_PROFILE_USER", "{planted}/p", "Rscript -e 1", {"p": "cat('taken')\n"}),
    Effect("AWKPATH", "{planted}", "gawk -f honest.awk",
           {"honest.awk": 'BEGIN { print "taken" }\n'}),
    Effect("HGRCPATH", "{planted}/rc", "hg x", {"rc": "[alias]\nx = !{run}\n"}),
    Effect("SVN_SSH", "{run}", "svn ls svn+ssh://127.0.0.1/x"),
    Effect("CVS_RSH", "{run}", "cvs -d :ext:127.0.0.1:/x co m"),
    # Libraries'
    *each("VK_DRIVER_FILES VK_ADD_DRIVER_FILES VK_ICD_FILENAMES", "{planted}/x.json", "vulkaninfo",
          _ICD),
    Effect("OCL_ICD_VENDORS", "{planted}", "clinfo", {"x.icd": "{library}\n"}),
    *each("GTK_MODULES GTK3_MODULES", "{library}", _GTK, tool="libgtk-3.so.0"),
    *each("GIO_EXTRA_MODULES GIO_MODULE_DIR", "{planted}", "gio info .", before=_TAKE),
    *each(_GST, "{planted}", "gst-inspect-1.0", before=_TAKE),
    Effect("DBUS_SESSION_BUS_ADDRESS", "unixexec:path={run}",
           "dbus-send --session --dest=x.y / x.y.z"),
    Effect("SASL_PATH", "{planted}", "saslpluginviewer", before=_TAKE),
    Effect("ODBCINI", "{planted}/o", "isql x", {"o": "[x]\nDriver = {library}\n"}),
    Effect("GNUPGHOME", "{planted}", "gpg --batch --passphrase x -c a",
           {"gpg.conf": "agent-program {run}\n"}, before="echo > a"),
    # Other tools'
    Effect("LESSEDIT", "{run}", "less page", stdin="vq", before=_PAGE, terminal=True),
    Effect("BAT_PAGER", "{run}", "batcat --paging=always page", before=_PAGE, terminal=True),
    Effect("RIPGREP_CONFIG_PATH", "{planted}/c", "rg x page", {"c": "--pre={run}\n"}, before=_PAGE),
    Effect("FZF_DEFAULT_COMMAND", "{run}", "fzf", terminal=True, stdin="\x1b"),
    Effect("ZIPOPT", "-T -TT {run}", "zip a.zip page", before=_PAGE),
    Effect("APT_CONFIG", "{planted}/c", "apt-cache policy", {"c": 'Dir::Bin::dpkg "{run}";\n'}),
    Effect("RESTIC_PASSWORD_COMMAND", "{run}", "restic -r repo init"),
    Effect("BORG_PASSCOMMAND", "{run}", "borg init -e repokey r"),
    Effect("GH_CONFIG_DIR", "{planted}", "gh x", {"config.yml": "aliases:\n    x: '!{run}'\n"}),
    Effect("DOCKER_CONFIG", "{planted}", "docker x", {"cli-plugins/docker-x*": _RUNS}),
)  # fmt: skip
