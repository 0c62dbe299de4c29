"""A debugger in the place of VS Code: the messages of its protocol, to debugpy itself."""

import json
import os
import re
import socket
import subprocess
import sys
from itertools import count

from launch.launcher import until


class DebugSession:
    """``value(NAME)`` of a program's environment, where it stops at a line of its file."""

    def __init__(self, configuration, environ):
        self._environ = environ
        self._numbers = count(1)
        self._seen = []
        self._programs = []
        self._configuration = configuration
        if configuration["request"] == "attach":
            place = configuration["connect"]
            until(lambda: self._connected(place["host"], place["port"]))
        else:
            pipes = dict.fromkeys(("stdin", "stdout"), subprocess.PIPE)
            adapter = self._start([sys.executable, "-m", "debugpy.adapter"], environ, **pipes)
            self._in, self._out = adapter.stdin, adapter.stdout

    def _connected(self, host, port):
        """debugpy serves one connection, so the first that succeeds is used."""
        try:
            with socket.create_connection((host, port), 30) as stream:
                self._in = self._out = stream.makefile("rwb")
        except OSError:
            return False
        return True

    def _start(self, command, environ, **options):
        process = subprocess.Popen(command, env=environ, **options)
        self._programs.append(process)
        return process

    def close(self):
        for process in self._programs:
            process.kill()
            process.communicate()

    def value(self, name, path, line):
        begin = {"adapterID": "debugpy", "supportsRunInTerminalRequest": True}
        self._await("response", "initialize", self._ask("initialize", begin))
        begun = self._ask(self._configuration["request"], self._configuration)
        self._await("event", "initialized")
        stop = {"source": {"path": str(path)}, "breakpoints": [{"line": line}]}
        self._await("response", "setBreakpoints", self._ask("setBreakpoints", stop))
        self._ask("configurationDone", {})
        self._await("response", self._configuration["request"], begun)
        thread = self._await("event", "stopped")["threadId"]
        stack = self._await("response", "stackTrace", self._ask("stackTrace", {"threadId": thread}))
        frame = {"expression": f"os.environ[{name!r}]", "frameId": stack["stackFrames"][0]["id"]}
        found = self._await("response", "evaluate", self._ask("evaluate", frame))["result"]
        self._await("response", "disconnect", self._ask("disconnect", {"terminateDebuggee": True}))
        return found

    def _ask(self, command, arguments):
        number = next(self._numbers)
        self._send(seq=number, type="request", command=command, arguments=arguments)
        return number

    def _send(self, **message):
        body = json.dumps(message).encode()
        self._in.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._in.flush()

    def _await(self, kind, name, number=None):
        """The body of an event, or of the response to a request, which succeeded."""
        for message in iter(self._read, None):
            if message["type"] == "request":  # VS Code starts the program in its own terminal
                self._run_in_terminal(message)
            self._seen.append(message)
            for seen in self._seen:
                if seen["type"] == kind and name in (seen.get("event"), seen.get("command")):
                    if number in (None, seen.get("request_seq")):
                        assert seen.get("success", True), seen
                        self._seen.remove(seen)
                        return seen.get("body")
        raise AssertionError(f"no {name}: {self._seen}")

    def _read(self):
        header = self._out.readline()
        if not header:
            return None
        self._out.readline()
        length = int(re.fullmatch(rb"Content-Length: (\d+)\r\n", header)[1])
        return json.loads(self._out.read(length))

    def _run_in_terminal(self, message):
        given = message["arguments"]
        environ = {**self._environ, **(given.get("env") or {})}
        started = self._start(given["args"], environ, cwd=given.get("cwd") or os.getcwd())
        answer = {"request_seq": message["seq"], "command": message["command"]}
        body = {"processId": started.pid}
        self._send(seq=next(self._numbers), type="response", success=True, body=body, **answer)
