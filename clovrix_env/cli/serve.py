"""``clovrix-env serve``: the embedded store over HTTP."""

from __future__ import annotations

import importlib.util
import os
from functools import partial

import click

from clovrix_env.cli.common_options import offers
from clovrix_env.cli.groups import Command
from clovrix_env.cli.local.where import (
    master_key_option,
    opener,
    store_location,
    store_option,
    wait_for,
)
from clovrix_env.cli.output import write
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.server.access_log import FORMATS
from clovrix_env.store.location import InFile
from clovrix_env.system.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable

    from clovrix_env.store.answer import Store

_EXTRA = ("uvicorn", "httptools")
_EXAMPLES = """\b
Example: clovrix-env serve --port 8420 (needs pip install 'clovrix-env[server]')
curl -H "Authorization: Bearer $CLOVRIX_TOKEN" \\
  http://127.0.0.1:8420/api/public/v1/projects/P/environments/E/entries"""


@click.command(cls=Command, epilog=_EXAMPLES)
@click.option(
    "--host", default="127.0.0.1", metavar="HOST", help="Address to listen on (default: 127.0.0.1)."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8420,
    metavar="PORT",
    help="Port to listen on; 0 finds a free one (default: 8420).",
)
@click.option(
    "--uds",
    type=click.Path(),
    metavar="PATH",
    help="Unix socket to listen on instead, with mode 0600.",
)
@click.option(
    "--tls-cert",
    type=click.Path(),
    metavar="FILE",
    shell_complete=offers("file"),
    help="PEM file with the certificate chain for HTTPS.",
)
@click.option(
    "--tls-key",
    type=click.Path(),
    metavar="FILE",
    shell_complete=offers("file"),
    help="PEM file with its key (default: in --tls-cert).",
)
@click.option(
    "--behind-proxy",
    "proxies",
    multiple=True,
    metavar="ADDRESS",
    help="Address or network of a proxy whose X-Forwarded-For counts, or unix. Repeatable.",
)
@click.option("--allow-http", is_flag=True, help="Allow other machines to connect without TLS.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="Host name that browsers may use for this server. Repeatable.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    metavar="N",
    help="Number of processes that answer (default: 1).",
)
@click.option(
    "--audit-reads",
    is_flag=True,
    help="Write each read to the audit before it is answered; refuse it if that fails.",
)
@click.option("--metrics", is_flag=True, help="Serve counters for Prometheus at /metrics.")
@click.option(
    "--log-format",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    help="Format of the log on stderr (default: text).",
)
def serve(
    host: str,
    port: int,
    uds: str | None,
    tls_cert: str | None,
    tls_key: str | None,
    proxies: tuple[str, ...],
    allow_http: bool,
    allowed_hosts: tuple[str, ...],
    workers: int,
    audit_reads: bool,
    metrics: bool,
    log_format: str,
) -> None:
    """Serve the embedded store over HTTP, for other languages and for a team.

    Requests need a token: create one with `clovrix-env local token create`. TERM and Ctrl-C
    answer the requests in flight, then end the server.
    """
    _check_extra()
    from clovrix_env.server import sockets, systemd, tls
    from clovrix_env.server import workers as processes
    from clovrix_env.server.app import Options
    from clovrix_env.server.peers import Proxies

    if tls_key and not tls_cert:
        raise click.UsageError("--tls-key needs --tls-cert")
    if workers > 1 and not hasattr(os, "fork"):
        raise click.UsageError("--workers needs a system with fork()")
    passed, notify = systemd.passed_socket(os.environ), systemd.notifier(os.environ)
    context = tls.context_of(tls_cert, tls_key) if tls_cert else None
    options = Options(
        Proxies.named(proxies), allowed_hosts, log_format, metrics, workers, audit_reads
    )
    open_store = _checked_store(workers, audit_reads=audit_reads)
    sock = sockets.bound(host, port, uds) if passed is None else passed
    if not (context or proxies or allow_http) and sockets.is_open_to_others(sock):
        raise ClovrixConfigError(
            f"{sock.getsockname()[0]} can be reached from other machines, and tokens and values "
            "would be sent without encryption",
            "use --tls-cert, or --behind-proxy ADDRESS; --allow-http for a private network",
        )
    names = (*allowed_hosts, host) if passed is None else allowed_hosts

    def announce() -> None:
        _announce(sock, context, names)
        notify(systemd.READY)

    stopping = partial(notify, systemd.STOPPING)
    processes.serve(sock, open_store, options, announce, context, stopping)


serve.params += [store_option(), master_key_option()]


def _check_extra() -> None:
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise ClovrixConfigError(
            f"serve needs {' and '.join(missing)}", "run pip install 'clovrix-env[server]'"
        )


def _checked_store(workers: int, *, audit_reads: bool) -> Callable[[], Store]:
    """Check that the store opens and return its opener. Converts a file to the current format."""
    location = store_location(os.environ)
    wait_for(location)
    open_store = opener(location)
    with open_store() as store:
        if isinstance(location, InFile):
            store.migrate()
        else:
            problems = [location.too_many(workers), store.why_not_ready()]
            say("clovrix-env", [problem for problem in problems if problem])

    def opened() -> Store:
        store = open_store()
        store.audits_reads = audit_reads
        return store

    return opened


def _announce(sock: socket.socket, context: ssl.SSLContext | None, names: tuple[str, ...]) -> None:
    """Print what a client has to set. Never a token: the store has only their hashes."""
    from clovrix_env.server import sockets

    if not sockets.is_tcp(sock):
        say("clovrix-env", [f"listening on {sock.getsockname()}"])
        return
    scheme = "http" if context is None else "https"
    url = sockets.url_of(sock, scheme, names)
    write(f"export CLOVRIX_API_URL={url}")
    write("export CLOVRIX_TOKEN=  # clovrix-env local token create --project PROJECT --role read")
    if context is None and sockets.is_open_to_others(sock):
        write(f"export CLOVRIX_ALLOW_HTTP={url.partition('://')[2]}")
