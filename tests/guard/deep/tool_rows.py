"""What the names of other tools do; see ``guard.effects`` for how a row reads."""

from __future__ import annotations

from guard.effects import Effect

_FZF = "--preview={run}"
_PAGE = "echo x > page"

ROWS = (
    # Editors, pagers, terminals
    Effect("LESSEDIT", "{run}", "less page", stdin="vq", before=_PAGE, terminal=True),
    Effect("MANROFFOPT", "-U", "man -l page.1", before="printf '.TH X 1\\n.sy {run}\\n' > page.1"),
    Effect("BAT_PAGER", "{run}", "batcat --paging=always page", before=_PAGE, terminal=True),
    Effect("BAT_OPTS", "--paging=always --pager={run}", "batcat page", before=_PAGE, terminal=True),
    Effect("RIPGREP_CONFIG_PATH", "{planted}/c", "rg x page", {"c": "--pre={run}\n"}, before=_PAGE),
    Effect("FZF_DEFAULT_OPTS", _FZF, "timeout 3 fzf", before=_PAGE, terminal=True, tool="fzf"),
    Effect("FZF_DEFAULT_COMMAND", "{run}", "fzf", terminal=True, stdin="\x1b"),
    Effect("DPKG_PAGER", "{run}", "dpkg --list", terminal=True),
    Effect("ALTERNATE_EDITOR", "{run}", "emacsclient x"),
    # Archives, packages, files
    Effect("ZIPOPT", "-T -TT {run}", "zip a.zip page", before=_PAGE),
    Effect("APT_CONFIG", "{planted}/c", "apt-cache policy", {"c": 'Dir::Bin::dpkg "{run}";\n'}),
    Effect("RESTIC_PASSWORD_COMMAND", "{run}", "restic -r repo init"),
    Effect("BORG_PASSCOMMAND", "{run}", "borg init -e repokey r"),
    Effect("BORG_RSH", "{run}", "borg list ssh://127.0.0.1:1/./x"),
    # Clouds and containers
    Effect("GH_CONFIG_DIR", "{planted}", "gh x", {"config.yml": "aliases:\n    x: '!{run}'\n"}),
    Effect("GH_BROWSER", "{run}", "gh browse -R a/b", along={"GH_TOKEN": "x"}),
    Effect("DOCKER_CONFIG", "{planted}", "docker x",
           {"cli-plugins/docker-x*": "#!/bin/sh\n{run}\n"}),
    Effect("TF_CLI_ARGS_validate", "-help", "terraform validate", shows="Usage: terraform"),
)  # fmt: skip
