"""The services of ``docs/examples/server/compose.yaml`` as processes of this machine.

Only addresses and paths are replaced: the network of the containers is one of 127.0.0.0/8, and a
mounted file is one of ``folder``. A server has a read-only root, no HOME and a user without a name.
"""

import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
from contextlib import suppress
from functools import lru_cache

import yaml
from condition.container import NOBODY, until
from examples.conftest import EXAMPLES, TOP

FILES = EXAMPLES / "server"
SERVICES = yaml.safe_load((FILES / "compose.yaml").read_text())["services"]
SERVERS = ("server-1", "server-2")
_NETWORK = "172.30.84."
_PLACE = re.compile(r"(?<![\w.])(/run/secrets|/secrets|/var/cache/nginx|/etc/nginx)/")
# The root is read-only; shared memory can be written to, as in a container.
_IN_CONTAINER = 'mount -o remount,bind,ro / && mount -t tmpfs none /dev/shm && exec "$@"'
IN_CONTAINER = ("unshare", "--mount", "sh", "-c", _IN_CONTAINER, "sh", *NOBODY)


@lru_cache(None)
def can_contain():
    """Whether ``IN_CONTAINER`` works on this machine."""
    ran = shutil.which("unshare") and subprocess.run([*IN_CONTAINER, "true"], capture_output=True)
    return bool(ran) and ran.returncode == 0


def instructions(name):
    """Of each instruction of a Dockerfile the last one: that of the image itself."""
    text = (EXAMPLES / name).read_text().replace("\\\n", "")
    return dict(re.findall(r"^([A-Z]+) (.*)$", text, re.MULTILINE))


_IMAGE = json.loads(instructions("server/Dockerfile")["ENTRYPOINT"])


class Stack:
    """``run(service, …)`` waits for the end of a command of it, ``start(service)`` does not."""

    def __init__(self, folder, database, authority):
        self.folder, self.authority, self.running = folder, authority, {}
        number = os.getpid() % 62500
        self.network = f"127.{number // 250 + 1}.{number % 250 + 1}."
        self.address = f"{self.network}2:8443"
        self.url = f"https://{self.address}"
        for name in ("", "secrets", "nginx"):
            os.makedirs(f"{folder}/{name}", exist_ok=True)
            os.chmod(f"{folder}/{name}", 0o777)
        place = f"host={database.folder}\nuser=postgres\ndbname={database.new()}"
        issued = authority._ca.issue_cert(f"{self.network}2")
        files = {
            "secrets/services": f"[clovrix]\n{place}\n",
            "secrets/chain.pem": issued.cert_chain_pems[0].bytes().decode(),
            "secrets/key.pem": issued.private_key_pem.bytes().decode(),
            "nginx/nginx.conf": self.here((FILES / "nginx.conf").read_text()),
        }
        for name, text in files.items():
            with open(f"{folder}/{name}", "w") as file:
                file.write(text)

    def here(self, text):
        """A text of the files with the places of this machine."""
        # All that nginx sends on this machine comes from 127.0.0.1.
        text = text.replace(f"{_NETWORK}2", "127.0.0.1").replace(_NETWORK, self.network)
        text = text.replace("master_key", "master.key").replace("8443 ssl", f"{self.address} ssl")
        return _PLACE.sub(lambda found: f"{self.folder}/{found[1].split('/')[-1]}/", text)

    def run(self, name, *words):
        """What it prints; its exit status has to be 0."""
        ran = subprocess.run(**self._process(name, words), capture_output=True, timeout=50)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout.decode()

    def start(self, name):
        with open(f"{self.folder}/{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                **self._process(name, ()), stdout=log, stderr=log, start_new_session=True
            )
        until(lambda: self.is_healthy(name))

    def end(self, name, number=signal.SIGTERM):
        process = self.running.pop(name)
        process.send_signal(number)
        return process.wait(40)

    def stop(self):
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _process(self, name, words):
        service = SERVICES[name]
        words = words or service.get("command", ())
        command = [*service.get("entrypoint", _IMAGE), *map(self.here, words)]
        through = ()
        if command[0] == "nginx":
            command += ["-c", f"{self.folder}/nginx/nginx.conf"]
            user, group = service["user"].split(":")
            through = ("setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups")
        else:
            command[:1] = [sys.executable, "-m", "clovrix_env"]
        if name in SERVERS:
            command[command.index("0.0.0.0")] = self.host_of(name)
            through = IN_CONTAINER if can_contain() else ()
        environ = {"PATH": f"{os.environ['PATH']}:/usr/sbin", "PYTHONPATH": str(TOP)}
        for variable, text in service.get("environment", {}).items():
            environ[variable] = self.here(text)
        through = through if os.getuid() == 0 else ()
        return {"args": [*through, *command], "env": environ}

    def host_of(self, name):
        return self.here(SERVICES[name]["networks"]["inside"]["ipv4_address"])

    def is_healthy(self, name):
        """Whether a server passes the HEALTHCHECK of its Dockerfile, and nginx accepts."""
        if name not in SERVERS:
            return self.ask("GET", "/readyz")[0] == 200
        check = instructions("server/Dockerfile")["HEALTHCHECK"].partition("CMD ")[2]
        words = json.loads(check.replace("127.0.0.1", self.host_of(name)))
        words[0] = sys.executable
        return subprocess.run(words, capture_output=True, check=False).returncode == 0

    def ask(self, method, path, source="", **headers):
        """The status and body of a request to nginx from an address of this machine."""
        context = ssl.create_default_context(cafile=self.authority.file)
        host, port = self.address.split(":")
        line = http.client.HTTPSConnection(
            host, int(port), timeout=30, context=context, source_address=source and (source, 0)
        )
        try:
            line.request(method, path, headers=headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        except OSError:
            return 0, b""
        finally:
            line.close()

    def log(self):
        """What the servers have logged about requests."""
        lines = []
        for name in SERVERS:
            with open(f"{self.folder}/{name}.log") as file:
                lines += [json.loads(line) for line in file if line.startswith("{")]
        return lines
