"""What the names of shells, other languages and version control do; see ``guard.effects``."""

from __future__ import annotations

from guard.effects import Effect, each

_RUBY = "puts :taken\n"
_GEM = {
    "specifications/honest-1.gemspec": "puts :taken\nGem::Specification.new { |s| s.name = "
    "'honest'; s.version = '1' }\n"
}
_COMMIT = "git commit -q --allow-empty -m x"
_DIRTY = f"git init -q . && echo a > a && git add a && {_COMMIT} && echo b > a"
_HG = "hg init . && echo x > a"
_COMPOSER = {"COMPOSER_ALLOW_SUPERUSER": "1"}

ROWS = (
    # Shells
    Effect("FPATH", "{planted}", "zsh -fc 'autoload x; x'", {"x": "echo taken\n"}),
    Effect("XDG_CONFIG_HOME", "{planted}", "fish -c true", {"fish/config.fish": "echo taken\n"}),
    Effect("XDG_CONFIG_HOME", "{planted}", "git x", {"git/config": "[alias]\nx = !{run}\n"}),
    Effect("XDG_DATA_DIRS", "{planted}", "fish -c true",
           {"fish/vendor_conf.d/x.fish": "echo taken\n"}),
    Effect("XDG_CONFIG_DIRS", "{planted}", "uv pip list --offline",
           {"uv/uv.toml": "[pip]\npython = '{run}'\n"}),
    Effect("INPUTRC", "{planted}/i", "bash --norc -i", {"i": '"b": "{run}\\n"\n'},
           stdin="b\nexit\n", terminal=True),
    Effect("DIRENV_CONFIG", "{planted}", "direnv exec . true", {"direnvrc": "{run}\n"},
           before="echo true > .envrc && direnv allow"),
    # Ruby
    Effect("BUNDLE_GEMFILE", "{planted}/Gemfile", "bundle list", {"Gemfile": _RUBY}),
    *each("BUNDLE_APP_CONFIG BUNDLE_USER_HOME", "{planted}", "bundle list",
          {"config": 'BUNDLE_GEMFILE: "{planted}/Gemfile"\n', "Gemfile": _RUBY}),
    *each("GEM_HOME GEM_PATH", "{planted}", "gem list", _GEM),
    Effect("RAKEOPT", "-f {planted}/R", "rake", {"R": "puts :taken\ntask :default\n"}),
    Effect("RAKE_SYSTEM", "{planted}", "rake -g", {"x.rake": "puts :taken\ntask :default\n"}),
    Effect("IRBRC", "{planted}/r.rb", "irb", {"r.rb": _RUBY}, stdin="exit\n"),
    Effect("GEM_EDITOR", "{run}", "gem open rake"),
    Effect("SPEC_OPTS", "-r {planted}/r.rb", "rspec a_spec.rb", {"r.rb": _RUBY},
           before="touch a_spec.rb"),
    # Perl, PHP, Lua, Tcl, R, awk
    Effect("HARNESS_PERL", "{run}", "prove t.t", before="echo 'print qq(1..1\\nok 1\\n)' > t.t"),
    Effect("PERLDOC_PAGER", "echo taken", "perldoc strict", terminal=True),
    Effect("PHPRC", "{planted}", "php a.php",
           {"php.ini": "auto_prepend_file={planted}/p.php\n", "p.php": "taken\n"},
           before="echo > a.php"),
    Effect("COMPOSER", "{planted}/composer.json", "composer run-script x",
           {"composer.json": '{"scripts": {"x": "{run}"}}'}, along=_COMPOSER),
    Effect("PHP_PEAR_PHP_BIN", "{run}", "pear version"),
    Effect("LUA_PATH", "{planted}/?.lua", "lua5.4 -e 'require [[l]]'", {"l.lua": "print('taken')"}),
    *each("LUA_CPATH LUA_CPATH_5_4", "{planted}/?.so", "lua5.4 -e 'require [[planted]]'",
          before="cp {library} {planted}/planted.so"),
    Effect("DOTDIR", "{planted}", "expect /dev/null", {".expect.rc": "puts taken\n"}),
    *each("R_PROFILE R_PROFILE_USER", "{planted}/p", "Rscript -e 1", {"p": "cat('taken')\n"}),
    *each("R_ENVIRON R_ENVIRON_USER", "{planted}/e", "Rscript -e 1",
          {"e": "R_PROFILE_USER={planted}/p\n", "p": "cat('taken')\n"}),
    Effect("RHOME", "{planted}", "Rscript -e 1", {"bin/R*": "#!/bin/sh\n{run}\n"}),
    Effect("AWKPATH", "{planted}", "gawk -f honest.awk",
           {"honest.awk": 'BEGIN { print "taken" }\n'}),
    # Version control
    Effect("GIT_CONFIG_SYSTEM", "{planted}/c", "git x", {"c": "[alias]\nx = !{run}\n"}),
    Effect("GIT_DIFFTOOL_EXTCMD", "{run}", "git difftool -y", before=_DIRTY),
    Effect("HGRCPATH", "{planted}/rc", "hg x", {"rc": "[alias]\nx = !{run}\n"}),
    Effect("HGEDITOR", "{run}", "hg commit -A", before=_HG),
    Effect("SVN_SSH", "{run}", "svn ls svn+ssh://127.0.0.1/x"),
    Effect("CVS_RSH", "{run}", "cvs -d :ext:127.0.0.1:/x co m"),
)  # fmt: skip
