"""The address of a database: the form that libpq accepts, and the name that messages show.

The address may contain a password. No message shows the address itself. libpq's messages about an
address that it cannot parse quote parts of it, so they are not shown either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg.conninfo import conninfo_to_dict

from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model.record import Record
from clovrix_env.system.terminal import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRET = ("password", "sslpassword")
_PORT = "5432"


class Address(Record, hidden=("conninfo",)):
    """``name`` has the host and the database, and never a user or a password."""

    conninfo: str
    name: str


def parse(text: str, source: str, *, instead: str = "") -> Address:
    """The address of a database; ``source`` is its name in errors.

    An argument must not contain a password: other users of the machine can see it. ``instead`` is
    then a place that may, and is empty for an address that is not an argument.
    """
    scheme, _, rest = text.partition(":")
    conninfo = f"{scheme.lower()}:{rest}"
    try:
        found = conninfo_to_dict(conninfo)
    except (psycopg.Error, UnicodeError):
        raise _unfit(source) from None
    parts = {name: str(value) for name, value in found.items()}
    if instead and any(name in parts for name in _SECRET):
        raise ClovrixConfigError(
            f"{source} contains a password, which other users of this machine can see",
            f"{instead}, or name a password file with PGPASSFILE",
        )
    # A password with an unescaped / or @ would be a part of the host, the port or the database.
    ports = parts.get("port", "").split(",")
    place = parts.get("host", "") + parts.get("dbname", "")
    if "@" in place or not all(port.isdigit() for port in ports if port):
        raise _unfit(source)
    return Address(conninfo, one_line(f"postgresql://{_named(parts)}"))


def _named(parts: Mapping[str, str]) -> str:
    service, host = parts.get("service", ""), parts.get("host", "")
    if service and not host:
        return f"/{parts.get('dbname', '')}?service={service}"
    port = parts.get("port", "")
    place = host if port in ("", _PORT) or host.startswith("/") else f"{host}:{port}"
    return f"{place}/{parts.get('dbname', '')}"


def _unfit(source: str) -> ClovrixConfigError:
    return ClovrixConfigError(
        f"{source} is not a valid address of a PostgreSQL database",
        "write postgresql://USER@HOST:PORT/DATABASE, and %2F for a / in a password",
    )
