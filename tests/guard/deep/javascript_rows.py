"""What the names of JavaScript's tools do; see ``guard.effects`` for how a row reads.

``guard-berry`` is Yarn 4, and ``{modules}`` the folder of the packages that npm installed.
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
    Effect("npm_config_node_options", "--require {planted}/n.js", "npm run node", _SCRIPT,
           before=_PACKAGE),
    Effect("npm_config_shell", "{run}", "npm explore a",
           before=f"{_PACKAGE} && mkdir -p node_modules/a && cp package.json node_modules/a"),
    Effect("npm_config_editor", "{run}", "npm edit a",
           before=f"{_PACKAGE} && mkdir -p node_modules/a && cp package.json node_modules/a"),
    *each("npm_config_python NODE_GYP_FORCE_PYTHON", "{run}", "node-gyp configure",
          before="echo '{}' > binding.gyp && " + _PACKAGE),
    # Yarn, pnpm
    Effect("YARN_SCRIPT_SHELL", "{run}", "yarn run x", before=_PACKAGE),
    Effect("YARN_PLUGINS", "{planted}/p.js", "guard-berry config",
           {"p.js": "module.exports = {name: 'p', factory: () => { console.log('taken'); return "
           "{}; }};\n"}, before=_BERRY),
    *each("YARN_YARN_PATH yarn_yarn_path", "{planted}/n.js", "guard-berry --version", _SCRIPT,
          before=_BERRY),
    Effect("YARN_RC_FILENAME", "../planted/rc.yml", "guard-berry --version",
           {**_SCRIPT, "rc.yml": "yarnPath: {planted}/n.js\n"}, before=_BERRY),
    Effect("YARN_INJECT_ENVIRONMENT_FILES", "{planted}/e", "guard-berry node -e 0",
           {**_SCRIPT, "e": "NODE_OPTIONS=--require={planted}/n.js\n"},
           before="echo '{}' > package.json && touch yarn.lock && echo 'nodeLinker: "
           "node-modules' > .yarnrc.yml && guard-berry install"),
    Effect("pnpm_config_script_shell", "{run}", "pnpm run x", before=_PACKAGE),
    # Runtimes
    Effect("BUN_OPTIONS", "--preload={planted}/n.js", "bun run a.js", _SCRIPT,
           before="echo 1 > a.js"),
    Effect("BUN_INSPECT_PRELOAD", "{planted}/n.js", "bun run a.js", _SCRIPT,
           before="echo 1 > a.js"),
    Effect("DENO_DIR", "{planted}/d", "deno run --cached-only a.ts",
           before='echo \'import "npm:honest";\' > a.ts && '
           'd={planted}/d/npm/registry.npmjs.org/honest && mkdir -p $d/1.0.0 && echo \'{"name": '
           '"honest", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"version": '
           '"1.0.0", "dist": {"tarball": '
           '"https://registry.npmjs.org/honest/-/honest-1.0.0.tgz"}}}}\' > $d/registry.json && '
           'echo \'{"name": "honest", "version": "1.0.0", "main": "i.js"}\' > '
           '$d/1.0.0/package.json && echo "console.log(\'taken\')" > $d/1.0.0/i.js'),
    Effect("COREPACK_HOME", "{planted}", "corepack yarn --version",
           {"v1/yarn/1.22.22/bin/yarn.js": _PRINTS, "v1/yarn/1.22.22/.corepack":
           '{"locator": {"name": "yarn", "reference": "1.22.22"}, "bin": {"yarn": '
           '"./bin/yarn.js"}, "hash": "sha1.x"}'},
           before='echo \'{"packageManager": "yarn@1.22.22"}\' > package.json'),
    # Binaries that a package's own launcher starts or loads
    Effect("ESBUILD_BINARY_PATH", "{run}", "node -e 'require(`{modules}/esbuild`).buildSync({})'",
           tool="esbuild"),
    Effect("BIOME_BINARY", "{run}", "biome --version"),
    Effect("TURBO_BINARY_PATH", "{run}", "turbo --version"),
    Effect("NAPI_RS_NATIVE_LIBRARY_PATH", "{planted}/p.node",
           "node -e 'require(`{modules}/@node-rs/crc32`)'", before="cp {library} {planted}/p.node",
           tool="npm:@node-rs/crc32"),
    Effect("TS_NODE_COMPILER", "{planted}/n.js", "ts-node a.ts", _SCRIPT, before=_TS),
    Effect("TS_NODE_PROJECT", "{planted}/tsconfig.json", "ts-node a.ts",
           {**_SCRIPT, "tsconfig.json": '{"ts-node": {"require": ["{planted}/n.js"]}}'},
           before=_TS),
)  # fmt: skip
