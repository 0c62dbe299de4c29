"""The readers that an export is for: the real ones, and where a machine may lack one, its rules.

A reader takes texts and gives what it read of each. Many go into one process, for a process costs
more than the reading.
"""

import base64
import codecs
import ctypes
import glob
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import dotenv
import yaml
from programs import finish

from clovrix_env import resolve_env

_SECONDS = 120
_SHELLS_OWN = {"PATH", "PWD", "OLDPWD", "SHLVL", "_"}
_NEXT = "a new environment"


def saved(texts, folder):
    """Each text as a file of its own, to the byte."""
    paths = [folder / str(number) for number in range(len(texts))]
    for path, text in zip(paths, texts):
        path.write_bytes(text.encode())
    return paths


def by_shell(shell):
    """A shell sources each file, and a program that it starts tells its environment."""

    def read(texts, folder):
        saved(texts, folder)
        script = f"for n in $NUMBERS; do (. ./$n; /usr/bin/env -0; printf '{_NEXT}\\0'); done"
        environ = {"PATH": "/usr/bin:/bin", "NUMBERS": " ".join(map(str, range(len(texts))))}
        done = finish([shell, "-c", script], folder, environ, text=False, timeout=_SECONDS)
        assert (done.returncode, done.stderr) == (0, b"")
        found = [{}]
        for item in done.stdout.decode().split("\0")[:-1]:
            name, equals, value = item.partition("=")
            if not equals:
                assert item == _NEXT
                found.append({})
            elif name not in _SHELLS_OWN | {"NUMBERS", "__CLOVRIX_ENV"}:
                found[-1][name] = value
        return found[:-1]

    return read


def by_python_dotenv(texts, folder):
    """``dotenv_values`` as it is by default: it expands ``${NAME}``."""
    return [_texts(dotenv.dotenv_values(path)) for path in saved(texts, folder)]


def by_our_dialect(texts, folder):
    """clovrix-env itself, which reads each as the only file; a drawn name may be a refused one."""
    read = []
    for path in saved(texts, folder):
        names = list(dotenv.dotenv_values(path, interpolate=False))
        read.append(dict(resolve_env(files=[path], remote=False, override=True, allow=names)))
    return read


def by_json(texts, folder):
    return [_texts(json.loads(text)) for text in texts]


def by_yaml(texts, folder):
    """PyYAML's safe loader: YAML 1.1, where ``NO`` is false."""
    return [_texts(yaml.safe_load(path.read_bytes())) for path in saved(texts, folder)]


def by_kubernetes(texts, folder):
    """The manifest by PyYAML, and ``data`` as the API server decodes it."""
    return [
        {name: base64.b64decode(value, validate=True).decode() for name, value in data.items()}
        for data in (yaml.safe_load(text)["data"] for text in texts)
    ]


def by_docker_rules(texts, folder):
    """Docker's env file as docker/cli says in pkg/kvfile/kvfile.go, over Go's bufio.ScanLines."""
    return [dict(_docker_lines(text.encode())) for text in texts]


def _docker_lines(content):
    for line in content.removeprefix(codecs.BOM_UTF8).split(b"\n"):
        assert len(line) < 64 * 1024, "bufio.Scanner: token too long"
        text = line.removesuffix(b"\r").decode().lstrip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        assert name
        assert " " not in name
        assert "\t" not in name
        if equals:
            yield name, value


def by_docker(docker):
    """The command itself: what it asks a daemon to create, which here is a stand-in."""

    def read(texts, folder):
        paths = saved(texts, folder)
        between = folder / "between"
        between.write_text(f"BETWEEN={_NEXT}\n")
        words = [word for path in paths for word in ("--env-file", path, "--env-file", between)]
        asked = []
        with ThreadingHTTPServer(("127.0.0.1", 0), _daemon(asked)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            at = {"DOCKER_HOST": f"tcp://127.0.0.1:{server.server_port}", "HOME": str(folder)}
            done = finish([docker, "create", *words, "image"], environ=at, timeout=_SECONDS)
            server.shutdown()
        assert done.returncode == 0, done.stderr
        found = [{}]
        for item in asked[0]["Env"]:
            name, _, value = item.partition("=")
            if name == "BETWEEN":
                found.append({})
            else:
                found[-1][name] = value
        return found[:-1]

    return read


def _daemon(asked):
    class Daemon(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self):
            self._answer(200, b"")

        def do_GET(self):
            self._answer(200, b"OK")

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(json.loads(body))
            self._answer(201, b'{"Id": "0123456789ab", "Warnings": []}')

        def _answer(self, status, body):
            self.send_response(status)
            for name, value in (("Api-Version", "1.50"), ("Content-Type", "application/json")):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format, *arguments):
            pass

    return Daemon


def by_github_rules(texts, folder):
    """As actions/runner reads the file of GITHUB_ENV (src/Runner.Worker/FileCommandManager.cs)."""
    return [dict(_github_entries(text, "\n")) for text in texts]


def by_github_rules_on_windows(texts, folder):
    """The same where a line also ends with CR LF."""
    return [dict(_github_entries(text, "\r?\n")) for text in texts]


def _github_entries(text, newline):
    at = 0
    while at < len(text):
        line, at, _ = _line(text, at, newline)
        if not line:
            continue
        named = re.fullmatch("([^=]+?)<<(.+)", line, re.DOTALL)
        assert named, f"no NAME<<DELIMITER: {line!r}"
        begin = end = at
        while True:
            assert at < len(text), "the delimiter is missing"
            line, at, newline_at = _line(text, at, newline)
            if line == named[2]:
                break
            end = newline_at
        yield named[1], text[begin:end]


def _line(text, at, newline):
    """A line, where the next begins, and where this one's end stands."""
    found = re.compile(newline).search(text, at)
    if found is None:
        return text[at:], len(text), len(text)
    return text[at : found.start()], found.end(), found.start()


def masked(commands):
    """What ``::add-mask::`` commands hide, as the runner's ActionCommand.cs reads a line."""
    found = set()
    for line in commands.split("\n")[:-1]:
        begin, command, data = line.partition("::add-mask::")
        assert (begin, command) == ("", "::add-mask::")
        assert data.strip(), "the runner refuses a mask of nothing"
        for escape, meant in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            data = data.replace(escape, meant)
        found.add(data)
    return found


def by_systemd_rules(texts, folder):
    """``EnvironmentFile=`` as systemd.exec(5) and src/basic/env-file.c say, for quoted values."""
    return [dict(_systemd_entries(text)) for text in texts]


def _systemd_entries(text):
    at = 0
    statement = re.compile(r'([A-Za-z_][A-Za-z0-9_]*)="((?:\\.|[^"\\])*)"\n', re.DOTALL)
    while at < len(text):
        found = statement.match(text, at)
        assert found, 'this is no NAME="value"'
        # A backslash goes only before these; an escaped newline goes whole.
        yield found[1], re.sub(r'\\(?:(["\\`$])|\n)', lambda m: m[1] or "", found[2])
        at = found.end()


def systemd_library():
    """The library that holds systemd's own reader, where this machine has one."""
    places = ("/usr/lib/*/systemd", "/usr/lib/systemd", "/lib/systemd")
    return next((p for f in places for p in glob.glob(f"{f}/libsystemd-shared-*.so")), None)


def by_systemd(library):
    """systemd's own code: what loads the file, and what then judges each assignment."""
    code = ctypes.CDLL(library)
    assignments = ctypes.POINTER(ctypes.c_char_p)
    code.load_env_file.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.POINTER(assignments)]
    code.env_assignment_is_valid.argtypes = [ctypes.c_char_p]
    code.env_assignment_is_valid.restype = ctypes.c_bool

    def read(texts, folder):
        return [dict(entries(path)) for path in saved(texts, folder)]

    def entries(path):
        found = assignments()
        assert code.load_env_file(None, os.fsencode(path), ctypes.byref(found)) == 0
        number = 0
        while found and found[number]:
            if code.env_assignment_is_valid(found[number]):
                name, _, value = found[number].decode().partition("=")
                yield name, value
            number += 1

    return read


def _texts(found):
    """What a reader gave, all of which has to be texts."""
    assert isinstance(found, dict)
    assert all(isinstance(part, str) for item in found.items() for part in item), found
    return dict(found)
