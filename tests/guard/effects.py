"""What the names of the guard's table do: a value, a harmless command, and the sign that it ran.

A row is data. In its texts ``{run}`` is a planted program, ``{library}`` a planted library,
``{planted}`` the folder of the planted files, ``{python}`` the interpreter of the tests and
``{base}`` the one that its virtual environment was made from. The sign is a file that ``{run}``
writes, or the word ``taken`` in what the command prints.
"""

from typing import NamedTuple


class Effect(NamedTuple):
    """``name`` and the names ``along`` with it are set, and ``command`` is run."""

    name: str
    value: str
    command: str  # words, quoted as for a shell; its first one must be on this machine
    files: dict = {}  # below {planted}; a name that ends in * is made executable
    before: str = ""  # a shell's line, in advance and without the name
    stdin: str = ""
    along: dict = {}
    terminal: bool = False
    shows: str = "taken"
    tool: str = ""  # what the name is of, where that is not the command's first word


def each(names, *row, **more):
    """One row for each of the names, which have the same effect."""
    return [Effect(name, *row, **more) for name in names.split()]


_PRINTS = "print('taken')\n"
_VIM = "call system('{run}')\nqa!\n"
_COMMIT = "git commit -q --allow-empty -m x"
_IN_REPOSITORY = f"git init -q . && {_COMMIT}"
_OPENSSL = """\
openssl_conf = start
[start]
providers = providers
[providers]
planted = section
[section]
module = {library}
activate = 1
"""
_PACKAGE = '{"name": "a", "version": "1.0.0", "scripts": {"x": "true"}}'
_NPM_RUN = "npm run --silent x"
_NPM_BEFORE = f"echo '{_PACKAGE}' > package.json"

EFFECTS = (
    # The loader's, the C library's, OpenSSL's.
    *each("LD_PRELOAD LD_AUDIT", "{library}", "true"),
    Effect("LD_LIBRARY_PATH", "{planted}", "./program", {"libplanted.c": "#include <stdio.h>\n"
           'void say(void) { puts("taken"); }\n', "honest.c": "void say(void) {}\n", "main.c":
           "void say(void); int main(void) { say(); return 0; }\n"},
           before="mkdir -p lib && gcc -shared -fPIC -o lib/libplanted.so {planted}/honest.c && "
           "gcc -o program {planted}/main.c -Llib -lplanted -Wl,--enable-new-dtags,-rpath,lib "
           "&& gcc -shared -fPIC -o {planted}/libplanted.so {planted}/libplanted.c"),
    Effect("OPENSSL_CONF", "{planted}/c.cnf", "openssl version", {"c.cnf": _OPENSSL}),
    Effect("OPENSSL_CONF", "{planted}/c.cnf",
           "{python} -c 'import ssl; ssl.create_default_context()'", {"c.cnf": _OPENSSL}),
    Effect("OPENSSL_MODULES", "{planted}", "openssl list -providers -provider legacy",
           before="cp {library} {planted}/legacy.so"),
    Effect("SSLKEYLOGFILE", "{planted}/taken",
           "{python} -c 'import ssl; ssl.create_default_context()'"),
    # Interpreters'.
    Effect("PYTHONPATH", "{planted}", "{python} -c pass", {"sitecustomize.py": _PRINTS}),
    Effect("PYTHONHOME", "{planted}", "{base} -c pass", {"sitecustomize.py": _PRINTS},
           before='s=$({base} -c \'import sysconfig; print(sysconfig.get_path("stdlib"))\') && '
           "d={planted}/lib/$(basename $s) && mkdir -p $d && ln -s $s/* $d && ln -sf "
           "{planted}/sitecustomize.py $d"),
    Effect("PYTHONSTARTUP", "{planted}/s.py", "{python} -i", {"s.py": _PRINTS}),
    Effect("PYTHONINSPECT", "1", "{python} -c pass", terminal=True,
           stdin="print('ta' + 'ken')\nexit()\n"),
    Effect("PYTHONBREAKPOINT", "planted.run", "{python} -c 'breakpoint()'",
           before='echo \'def run(): print("taken")\' > planted.py'),
    Effect("PYTHONWARNINGS", "ignore::this.x", "{python} -c pass", shows="Beautiful is better"),
    Effect("PYTEST_PLUGINS", "planted", "{python} -m pytest --markers",
           before='echo \'print("taken")\' > planted.py'),
    Effect("PIP_PYTHON", "{run}", "{python} -m pip list"),
    Effect("NODE_OPTIONS", "--require {planted}/n.js", "node -e 0",
           {"n.js": "console.log('taken')"}),
    *each("npm_config_script_shell NPM_Config_Script_Shell", "{run}", _NPM_RUN, before=_NPM_BEFORE),
    *each("npm_config_userconfig npm_config_globalconfig", "{planted}/rc", _NPM_RUN,
          {"rc": "script-shell={run}\n"}, before=_NPM_BEFORE),
    Effect("NPM_CONFIG_PREFIX", "{planted}", _NPM_RUN, {"etc/npmrc": "script-shell={run}\n"},
           before=_NPM_BEFORE),
    Effect("npm_config_git", "{run}", "npm view git+https://127.0.0.1:1/x"),
    Effect("PERL5OPT", "-I{planted} -MPlanted", "perl -e 1", {"Planted.pm": "print 'taken'; 1;"}),
    *each("PERL5LIB PERLLIB", "{planted}", "perl -e 'use strict'",
          {"strict.pm": "print 'taken'; 1;"}),
    Effect("PERL5DB", "BEGIN { print q(taken) }", "perl -d -e 1", stdin="q\n"),
    Effect("RUBYOPT", "-r{planted}/r.rb", "ruby -e 1", {"r.rb": "puts :taken"}),
    Effect("RUBYLIB", "{planted}", "ruby -e 'require %q(set)'", {"set.rb": "puts :taken"}),
    *each("JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS", "-Dtaken=1", "java -version"),
    Effect("LUA_INIT", "print('taken')", "lua -e ''"),
    Effect("LUA_INIT_5_4", "print('taken')", "lua5.4 -e ''"),
    Effect("LUA_PATH_5_4", "{planted}/?.lua", "lua5.4 -e 'require [[l]]'", {"l.lua": _PRINTS}),
    Effect("TCL_LIBRARY", "{planted}", "tclsh", {"init.tcl": "puts taken\n"}),
    # Shells'.
    Effect("BASH_ENV", "{planted}/e", "bash -c :", {"e": "echo taken"}),
    Effect("BASH_FUNC_ls%%", "() { echo taken; }", "bash -c ls"),
    Effect("SHELLOPTS", "xtrace", "bash -c 'x=taken'"),
    Effect("BASHOPTS", "xpg_echo", r"bash -c 'echo \\0164aken'"),
    *each("PS0 PS1", "$({run})", "bash --norc -i", stdin=":\n"),
    Effect("PS2", "$({run})", "bash --norc -i", stdin="if true\nthen :\nfi\n"),
    Effect("PS4", "$({run})", "dash -x -c ': ; :'"),
    Effect("PROMPT_COMMAND", "{run}", "bash --norc -i", stdin=":\n"),
    Effect("BASH_LOADABLES_PATH", "{planted}", "bash -c 'enable -f planted planted'",
           before="cp {library} {planted}/planted"),
    Effect("ZDOTDIR", "{planted}", "zsh -c :", {".zshenv": "echo taken"}),
    Effect("NULLCMD", "{run}", "zsh -fc '>file'"),
    Effect("READNULLCMD", "{run}", "zsh -fc '</dev/null'"),
    Effect("FCEDIT", "{run}", "bash --norc -i", stdin=":\nfc\n"),
    Effect("PATH", "{planted}:/usr/bin:/bin", "sh -c ls", {"ls*": "#!/bin/sh\necho taken\n"}),
    Effect("HOME", "{planted}", "git x", {".gitconfig": "[alias]\nx = !{run}\n"}),
    Effect("SHELL", "{run}", "ssh -o ProxyCommand=true -o BatchMode=yes stranger.invalid"),
    # git's.
    *each("GIT_SSH GIT_SSH_COMMAND", "{run}", "git ls-remote ssh://127.0.0.1:1/x"),
    Effect("GIT_PROXY_COMMAND", "{run}", "git ls-remote git://127.0.0.1:1/x"),
    Effect("GIT_ALLOW_PROTOCOL", "ext", "git ls-remote 'ext::{run}'"),
    Effect("GIT_ASKPASS", "{run}", "git credential fill",
           stdin="protocol=https\nhost=stranger.invalid\n\n"),
    Effect("GIT_EXTERNAL_DIFF", "{run}", "git diff",
           before=f"{_IN_REPOSITORY} && echo a > a && git add a && {_COMMIT} && echo b > a"),
    Effect("GIT_PAGER", "{run}", "git --paginate log", before=_IN_REPOSITORY, terminal=True),
    Effect("GIT_EDITOR", "{run}", "git commit --allow-empty", before=_IN_REPOSITORY),
    Effect("GIT_SEQUENCE_EDITOR", "{run}", "git rebase -i --root", before=_IN_REPOSITORY),
    Effect("GIT_EXEC_PATH", "{planted}", "git ls-remote http://127.0.0.1:1/",
           {"git-remote-http*": "#!/bin/sh\necho taken >&2\n"}),
    *each("GIT_DIR GIT_COMMON_DIR", "{planted}/.git", "git status",
          before=f"{_IN_REPOSITORY} && git init -q {{planted}} && " "git -C {planted} config "
          "core.fsmonitor {run}"),
    Effect("GIT_CONFIG_COUNT", "1", "git x",
           along={"GIT_CONFIG_KEY_0": "alias.x", "GIT_CONFIG_VALUE_0": "!{run}"}),
    Effect("GIT_CONFIG_GLOBAL", "{planted}/c", "git x", {"c": "[alias]\nx = !{run}\n"}),
    Effect("GIT_CONFIG_PARAMETERS", "'alias.x=!{run}'", "git x"),
    # Editors', pagers', other tools'.
    *each("EDITOR VISUAL", "{run}", "git commit --allow-empty", before=_IN_REPOSITORY),
    Effect("PAGER", "{run}", "git --paginate log", before=_IN_REPOSITORY, terminal=True),
    Effect("MANPAGER", "{run}", "man -l page.1", before="echo '.TH X 1' > page.1", terminal=True),
    Effect("MANOPT", "-P {run}", "man -l page.1", before="echo '.TH X 1' > page.1", terminal=True),
    Effect("BROWSER", "{run}", "{python} -m webbrowser http://127.0.0.1:1/"),
    Effect("LESSOPEN", "|{run} %s", "less page", before="echo x > page"),
    Effect("LESS", "+!{run}\n", "less page", stdin="\n\nq", before="echo x > page", terminal=True),
    *each("LESSKEYIN LESSKEYIN_SYSTEM", "{planted}/k", "less page",
          {"k": "#env\nLESSOPEN = |{run} %s\n"}, before="echo x > page"),
    *each("VIMINIT EXINIT", "call system('{run}')", "vim --not-a-term -c q"),
    Effect("VIMRUNTIME", "{planted}", "vim --not-a-term -c q", {"defaults.vim": _VIM}),
    Effect("MAKEFILES", "{planted}/m", "make -s -f /dev/null x", {"m": "$(shell {run})\nx:;\n"}),
    *each("MAKEFLAGS GNUMAKEFLAGS", "--eval=all:;{run}", "make -s -f page",
          before="echo 'x:;' > page"),
    Effect("TAR_OPTIONS", "--checkpoint=1 --checkpoint-action=exec={run}", "tar -cf /dev/null ."),
    Effect("CURL_HOME", "{planted}", "curl -s file:///dev/null",
           {".curlrc": 'output = "{planted}/taken"\n'}),
    *each("WGETRC SYSTEM_WGETRC", "{planted}/w", "wget -q -O /dev/null http://127.0.0.1:1/",
          {"w": "use_askpass = {run}\n"}),
    Effect("WGET_ASKPASS", "{run}", "wget -q --use-askpass= -O /dev/null http://127.0.0.1:1/"),
    Effect("SSH_ASKPASS", "{run}", "ssh-keygen -y -f key",
           before="ssh-keygen -q -t ed25519 -f key -N secret"),
    Effect("SSH_SK_HELPER", "{run}", "ssh-keygen -q -t ed25519-sk -f key -N ''"),
    Effect("SSH_SK_PROVIDER", "{library}", "ssh-keygen -q -t ed25519-sk -f key -N ''"),
    Effect("RSYNC_RSH", "{run}", "rsync 127.0.0.1:/x ."),
    Effect("RSYNC_CONNECT_PROG", "{run}", "rsync rsync://127.0.0.1:1/x ."),
    Effect("COMPILER_PATH", "{planted}", "gcc -c page.c", {"as*": "#!/bin/sh\necho taken\n"},
           before="echo 'int x;' > page.c"),
)  # fmt: skip
