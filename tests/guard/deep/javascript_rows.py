"""What the names of JavaScript's tools do; see ``guard.effects`` for how a row reads.

``guard-berry`` is Yarn 4.
"""

from __future__ import annotations

from guard.effects import Effect, each

_PRINTS = "console.log('taken');\n"
_PACKAGE = (
    'echo \'{"name": "a", "version": "1.0.0", "repository": "https://a.invalid/a", '
    '"scripts": {"x": "true", "node": "node -e 0", "install": "node-gyp rebuild"}}\' > package.json'
)
_BERRY = f"{_PACKAGE} && touch yarn.lock"
_SCRIPT = {"n.js": _PRINTS}
_TS = "echo 'const a = 1;' > a.ts"

ROWS = (
    # npm
    Effect("npm_config_node_gyp", "{planted}/n.js", "npm run install", _SCRIPT, before=_PACKAGE),
    Effect("npm_config_shell", "{run}", "npm explore a",
           before=f"{_PACKAGE} && mkdir -p node_modules/a && cp package.json node_modules/a"),
    *each("npm_config_python NODE_GYP_FORCE_PYTHON", "{run}", "node-gyp configure",
          before="echo '{}' > binding.gyp && " + _PACKAGE),
    # Yarn, pnpm
    Effect("YARN_SCRIPT_SHELL", "{run}", "yarn run x", before=_PACKAGE),
    *each("YARN_YARN_PATH yarn_yarn_path", "{planted}/n.js", "guard-berry --version", _SCRIPT,
          before=_BERRY),
    Effect("pnpm_config_script_shell", "{run}", "pnpm run x", before=_PACKAGE),
    # Runtimes
    Effect("BUN_OPTIONS", "--preload={planted}/n.js", "bun run a.js", _SCRIPT,
           before="echo 1 > a.js"),
    # Binaries that a package's own launcher starts or loads
    Effect("BIOME_BINARY", "{run}", "biome --version"),
    Effect("TURBO_BINARY_PATH", "{run}", "turbo --version"),
    Effect("TS_NODE_COMPILER", "{planted}/n.js", "ts-node a.ts", _SCRIPT, before=_TS),
)  # fmt: skip
