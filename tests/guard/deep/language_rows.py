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
_TOOL = "diff_cmd () {\n{run}\n}\ntranslate_merge_tool_path () {\necho true\n}\n"
_HG = "hg init . && echo x > a"
_COMPOSER = {"COMPOSER_ALLOW_SUPERUSER": "1"}

ROWS = (
    # Shells
    Effect("FPATH", "{planted}", "zsh -fc 'autoload x; x'", {"x": "echo taken\n"}),
    Effect("fish_function_path", "{planted}", "fish -c ls",
           {"ls.fish": "function ls\necho taken\nend\n"}),
    Effect("fish_complete_path", "{planted}", 'fish -c \'complete -C "ls -"\'',
           {"ls.fish": "echo taken\n"}),
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
    Effect("DIRENV_BASH", "{run}", "direnv exec . true",
           before="echo true > .envrc && direnv allow"),
    # Ruby
    Effect("BUNDLE_GEMFILE", "{planted}/Gemfile", "bundle list", {"Gemfile": _RUBY}),
    *each("BUNDLE_APP_CONFIG BUNDLE_USER_HOME", "{planted}", "bundle list",
          {"config": 'BUNDLE_GEMFILE: "{planted}/Gemfile"\n', "Gemfile": _RUBY}),
    Effect("BUNDLE_USER_CONFIG", "{planted}/config", "bundle list",
           {"config": 'BUNDLE_GEMFILE: "{planted}/Gemfile"\n', "Gemfile": _RUBY}),
    Effect("BUNDLER_ORIG_RUBYOPT", "-r{planted}/r.rb",
           "ruby -rbundler -e 'Bundler.with_original_env { system(%q(ruby -e 1)) }'",
           {"r.rb": _RUBY}),
    *each("GEM_HOME GEM_PATH", "{planted}", "gem list", _GEM),
    Effect("RAKEOPT", "-f {planted}/R", "rake", {"R": "puts :taken\ntask :default\n"}),
    Effect("RAKE_SYSTEM", "{planted}", "rake -g", {"x.rake": "puts :taken\ntask :default\n"}),
    Effect("IRBRC", "{planted}/r.rb", "irb", {"r.rb": _RUBY}, stdin="exit\n"),
    Effect("GEM_EDITOR", "{run}", "gem open rake"),
    Effect("SPEC_OPTS", "-r {planted}/r.rb", "rspec a_spec.rb", {"r.rb": _RUBY},
           before="touch a_spec.rb"),
    # Perl, PHP, Lua, Tcl, R, awk
    Effect("HARNESS_PERL", "{run}", "prove t.t", before="echo 'print qq(1..1\\nok 1\\n)' > t.t"),
    Effect("HARNESS_PERL_SWITCHES", "-I{planted} -MPlanted", "prove -v t.t",
           {"Planted.pm": "system('{run}'); 1;"}, before="echo 'print qq(1..1\\nok 1\\n)' > t.t"),
    Effect("PERLDOC_PAGER", "echo taken", "perldoc strict", terminal=True),
    Effect("PHPRC", "{planted}", "php a.php",
           {"php.ini": "auto_prepend_file={planted}/p.php\n", "p.php": "taken\n"},
           before="echo > a.php"),
    Effect("PHP_INI_SCAN_DIR", "{planted}", "php a.php",
           {"x.ini": "auto_prepend_file={planted}/p.php\n", "p.php": "taken\n"},
           before="echo > a.php"),
    Effect("COMPOSER", "{planted}/composer.json", "composer run-script x",
           {"composer.json": '{"scripts": {"x": "{run}"}}'}, along=_COMPOSER),
    Effect("COMPOSER_BIN_DIR", "{planted}", "composer exec x", {"x*": "#!/bin/sh\n{run}\n"},
           along=_COMPOSER, before="echo '{}' > composer.json"),
    Effect("COMPOSER_VENDOR_DIR", "{planted}", "composer exec x", {"bin/x*": "#!/bin/sh\n{run}\n"},
           along=_COMPOSER, before="echo '{}' > composer.json"),
    Effect("COMPOSER_HOME", "{planted}", "composer exec x",
           {"config.json": '{"config": {"bin-dir": "{planted}"}}', "x*": "#!/bin/sh\n{run}\n"},
           along=_COMPOSER, before="echo '{}' > composer.json"),
    Effect("PHP_PEAR_PHP_BIN", "{run}", "pear version"),
    Effect("LUA_PATH", "{planted}/?.lua", "lua5.4 -e 'require [[l]]'", {"l.lua": "print('taken')"}),
    *each("LUA_CPATH LUA_CPATH_5_4", "{planted}/?.so", "lua5.4 -e 'require [[planted]]'",
          before="cp {library} {planted}/planted.so"),
    Effect("DOTDIR", "{planted}", "expect /dev/null", {".expect.rc": "puts taken\n"}),
    *each("R_PROFILE R_PROFILE_USER", "{planted}/p", "Rscript -e 1", {"p": "cat('taken')\n"}),
    *each("R_ENVIRON R_ENVIRON_USER", "{planted}/e", "Rscript -e 1",
          {"e": "R_PROFILE_USER={planted}/p\n", "p": "cat('taken')\n"}),
    Effect("RHOME", "{planted}", "Rscript -e 1", {"bin/R*": "#!/bin/sh\n{run}\n"}),
    Effect("R_LIBS", "{planted}", "Rscript -e 'library(honest)'",
           {"src/DESCRIPTION": "Package: honest\nVersion: 1.0\nTitle: x\nDescription: x.\nAuthor: "
           "x\nMaintainer: x <x@x.invalid>\nLicense: MIT\n", "src/NAMESPACE": "", "src/R/a.R":
           ".onLoad <- function(...) cat('ta', 'ken', sep='')\n"},
           before="R CMD INSTALL -l {planted} {planted}/src"),
    Effect("AWKPATH", "{planted}", "gawk -f honest.awk",
           {"honest.awk": 'BEGIN { print "taken" }\n'}),
    Effect("AWKLIBPATH", "{planted}", "gawk -l planted 'BEGIN {}'",
           before="cp {library} {planted}/planted.so"),
    # Version control
    Effect("GIT_CONFIG_SYSTEM", "{planted}/c", "git x", {"c": "[alias]\nx = !{run}\n"}),
    Effect("GIT_DIFFTOOL_EXTCMD", "{run}", "git difftool -y", before=_DIRTY),
    Effect("GIT_DIFF_TOOL", "../../../../../{planted}/t", "git difftool -y", {"t": _TOOL},
           before=_DIRTY),
    Effect("MERGE_TOOLS_DIR", "{planted}", "git difftool -y -t honest", {"honest": _TOOL},
           before=_DIRTY),
    Effect("GITPERLLIB", "{planted}", "git send-email --dump-aliases",
           {"Git.pm": "print 'taken'; 1;"}),
    Effect("HGRCPATH", "{planted}/rc", "hg x", {"rc": "[alias]\nx = !{run}\n"}),
    Effect("HGEDITOR", "{run}", "hg commit -A", before=_HG),
    Effect("HGMERGE", "{run}", "hg merge --config ui.merge=internal:fail",
           before=
           f"{_HG} && hg commit -Am x -u x && echo y > a && hg commit -m y -u x && hg up -q "
           "0 && echo z > a && hg commit -m z -u x"),
    Effect("SVN_SSH", "{run}", "svn ls svn+ssh://127.0.0.1/x"),
    Effect("CVS_RSH", "{run}", "cvs -d :ext:127.0.0.1:/x co m"),
)  # fmt: skip
