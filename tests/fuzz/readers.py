"""How each kind of text that others write is read; a reader raises nothing but ``DOCUMENTED``."""

import contextlib
import socket
import threading

from clovrix_env import Client
from clovrix_env.auth import token as tokens
from clovrix_env.auth.address import checked_address
from clovrix_env.check import code
from clovrix_env.check.dotenv_lines import findings_in
from clovrix_env.contract.contract import Contract, ContractInput
from clovrix_env.errors import ClovrixError, Problems
from clovrix_env.model.names import MARKER
from clovrix_env.resolution import interpolate, precedence
from clovrix_env.resolution import marker as markers
from clovrix_env.settings import project_reader
from clovrix_env.settings.load_options import LoadOptions
from clovrix_env.sources import dotenv_reader, json_file, yaml_file
from clovrix_env.system import files
from clovrix_env.system.process import Process

DOCUMENTED = (ClovrixError, files.Unreadable, code.Unparsable)


def _project_file(content):
    problems = Problems()
    declared = project_reader.parse(files.text_of(content), ".clovrix", problems)
    contract = Contract(declared.variables)
    for value in ("", "1", "x" * 50, "\U0001f600", "http://a:b@[::1]:99999/"):
        seen = ContractInput(dict.fromkeys(declared.variables, value), {}, (), {}, (), str)
        contract.check("production", seen, problems)
    return list(problems)


def _dotenv(content):
    problems, text = Problems(), files.text_of(content)
    layer = dotenv_reader.read(text, ".env", problems).layer
    definitions = precedence.merge([layer])
    expanded = interpolate.expand(definitions, definitions, problems)
    found = list(findings_in(dotenv_reader.statements(text), ".env"))
    return expanded, found, list(problems)


def _yaml(content):
    return yaml_file.read(files.text_of(content), "a.yaml", Problems())


def _json(content):
    return json_file.read(files.text_of(content), "a.json", Problems())


def _marker(content):
    text = content.decode("utf-8", "surrogateescape")
    process = Process({MARKER: text, "A": "1"}, lambda value: value.encode(errors="replace"))
    marker = markers.read(process.environ)
    if marker is None:
        return None
    marker.covers(LoadOptions())
    return marker.own_names(process), marker.changed_files(), len(markers.written(marker))


def _address(content):
    text = content.decode("utf-8", "surrogateescape")
    return checked_address(text, "base_url=", {"HOME": "/home/a"}, expand_home=True)


def _token(content):
    return tokens.given_token(content.decode("utf-8", "surrogateescape"))


class _RawServer:
    """Answers each connection with some bytes, as they are, and closes it."""

    def __init__(self):
        self.answer = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            line, _ = self._listening.accept()
            with line, contextlib.suppress(OSError):
                line.settimeout(5)
                line.recv(65536)
                line.sendall(self.answer)
                line.shutdown(socket.SHUT_WR)
                line.recv(65536)


_servers = []


def _answer(content):
    if not _servers:
        _servers.append(_RawServer())
    _servers[0].answer = content
    with Client("icr_x", _servers[0].url, timeout=20, max_retries=0) as client:
        return client.get_entries("backend", "production")


READERS = {
    "project_file": _project_file,
    "dotenv": _dotenv,
    "yaml": _yaml,
    "json": _json,
    "marker": _marker,
    "address": _address,
    "token": _token,
    "python": code.reads_of,
    "answer": _answer,
}
