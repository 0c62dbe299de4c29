"""What the names of compilers and build tools do; see ``guard.effects`` for how a row reads."""

from __future__ import annotations

from guard.effects import Effect, each

_RUNS = "#!/bin/sh\n{run}\n"
_GO = "printf 'package main\\nfunc main() {}\\n' > a.go"
_CARGO = (
    "mkdir -p src && echo 'fn main() {}' > src/main.rs && printf '[package]\\nname = "
    '"a"\\nversion = "1.0.0"\\n\' > Cargo.toml'
)
_BUILD = "cargo build --offline"
_C = "echo 'int main(void) { return 0; }' > a.c"
_CMAKE = "echo 'cmake_minimum_required(VERSION 3.5)\nproject(x NONE)' > CMakeLists.txt"
_AUTOCONF = "printf 'AC_INIT([a], [1])\\nAC_OUTPUT\\n' > configure.ac"
_SHOWS = "-XshowSettings:properties -Dx=taken"

ROWS = (
    # Go
    Effect("GOFLAGS", "-toolexec={run}", "go build a.go", before=_GO),
    Effect("GOENV", "{planted}/env", "go build a.go", {"env": "GOFLAGS=-toolexec={run}\n"},
           before=_GO),
    Effect("GOCACHEPROG", "{run}", "guard-go build a.go", before=_GO),
    # Rust
    *each("RUSTC RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER CARGO_BUILD_RUSTC "
          "CARGO_BUILD_RUSTC_WRAPPER CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER "
          "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "{run}", _BUILD, before=_CARGO),
    *each("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS CARGO_BUILD_RUSTFLAGS "
          "CARGO_ENCODED_RUSTFLAGS RUSTFLAGS", "-Clinker={run}", _BUILD, before=_CARGO),
    Effect("RUSTDOC", "{run}", "cargo doc --offline", before=_CARGO),
    Effect("CARGO_HOME", "{planted}", _BUILD, {"config.toml": "[build]\nrustc = '{run}'\n"},
           before=_CARGO),
    Effect("CARGO_REGISTRY_CREDENTIAL_PROVIDER", "{run}", "cargo logout"),
    Effect("RUSTUP_TOOLCHAIN", "{planted}/t", "rustc --version", {"t/bin/rustc*": _RUNS},
           tool="rustup"),
    # C
    *each("CPATH C_INCLUDE_PATH", "{planted}", "gcc -E a.c", {"honest.h": "taken\n"},
          before="echo '#include <honest.h>' > a.c"),
    *each("DEPENDENCIES_OUTPUT SUNPRO_DEPENDENCIES", "{planted}/taken", "gcc -c a.c", before=_C),
    *each("PKG_CONFIG_PATH PKG_CONFIG_LIBDIR", "{planted}", "pkg-config --cflags planted",
          {"planted.pc": "Name: p\nDescription: p\nVersion: 1\nCflags: -DX=taken\n"}),
    *each("CCACHE_PREFIX CCACHE_COMPILER", "{run}", "ccache gcc -c a.c", before=_C),
    Effect("CCACHE_PATH", "{planted}", "ccache gcc -c a.c", {"gcc*": _RUNS}, before=_C),
    Effect("VALGRIND_LIB", "{planted}", "valgrind true", {"memcheck-amd64-linux*": _RUNS}),
    Effect("VALGRIND_OPTS", "--log-file={planted}/taken", "valgrind true"),
    # CMake, autoconf
    Effect("CMAKE_TOOLCHAIN_FILE", "{planted}/t.cmake", "cmake -S . -B b",
           {"t.cmake": "execute_process(COMMAND {run})\n"}, before=_CMAKE),
    Effect("CONFIG_SITE", "{planted}/s", "./configure", {"s": "{run}\n"},
           before=f"{_AUTOCONF} && autoconf", tool="autoconf"),
    *each("M4 AUTOM4TE", "{run}", "autoconf", before=_AUTOCONF),
    *each("AUTOCONF ACLOCAL", "{run}", "autoreconf -f", before=_AUTOCONF),
    # TeX, groff
    Effect("shell_escape", "t", "pdftex -ini -interaction=nonstopmode "
           "'\\catcode123=1\\catcode125=2\\immediate\\write18{{run}}\\end'"),
    Effect("GROFF_BIN_PATH", "{planted}", "groff -Tascii a", {"troff*": _RUNS},
           before="echo x > a"),
    # Java
    *each("MAVEN_OPTS MAVEN_DEBUG_OPTS", _SHOWS, "mvn -v"),
    Effect("JAVACMD", "{run}", "ant -version"),
    Effect("ANT_OPTS", _SHOWS, "ant -version"),
    Effect("GRADLE_OPTS", _SHOWS, "gradle --offline --version"),
    Effect("GRADLE_USER_HOME", "{planted}", "gradle --offline --no-daemon help",
           {"init.d/x.gradle": "println 'taken'\n"}),
    # Erlang, Elixir
    *each("ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS ERL_OTP25_FLAGS", "-eval io:write(taken)",
          "erl -noshell -s init stop"),
    Effect("ERLC_EMULATOR", "{run}", "erlc a.erl", before="echo '-module(a).' > a.erl"),
    Effect("ELIXIR_ERL_OPTIONS", "-eval io:write(taken)", "elixir -e 1"),
    Effect("MIX_EXS", "{planted}/m.exs", "mix help", {"m.exs": 'IO.puts("taken")\n'}),
)  # fmt: skip
