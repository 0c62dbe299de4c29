"""The system's keyring, by the package of that name: an extra, and loaded only when it is asked.

Service ``clovrix-env``, user name the address. A back end may ask its user, or a bus that does not
answer, so each call has a deadline. The package finds its back end by ``os.environ``: where a file
or Clovrix has set a name that decides that, it is not asked.
"""

from __future__ import annotations

import os

from clovrix_env.system.deadline import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import NoReturn, TypeVar

    T = TypeVar("T")

SERVICE = "clovrix-env"
NAME = "the system's keyring"
# What decides which back end is loaded, and where that looks.
_DECIDES = (
    "PYTHON_KEYRING_BACKEND",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
)
_FAMILY = "KEYRING_PROPERTY_"


class Unusable(Exception):
    """Why the keyring cannot be used, in words that follow its name."""


def read(address: str, environ: Mapping[str, str], deadline: float) -> str | None:
    """The token that is kept for an address, or ``None``. Raises ``Unusable``."""
    _check(environ)

    def ask() -> str | None:
        import keyring

        return keyring.get_password(SERVICE, address)

    return _asked(ask, deadline)


def write(address: str, held: list[str], environ: Mapping[str, str], deadline: float) -> None:
    """Keep the token that ``held`` holds, and see that it can be read again. Raises ``Unusable``.

    In a list, so that no frame of a failure shows it.
    """
    _check(environ)

    def ask() -> bool:
        import keyring

        keyring.set_password(SERVICE, address, held[0])
        # A null back end takes everything and gives nothing.
        return keyring.get_password(SERVICE, address) == held[0]

    if not _asked(ask, deadline):
        raise Unusable("does not give back what it was given")


def delete(address: str, environ: Mapping[str, str], deadline: float) -> None:
    """Forget the token of an address, which need not be there. Raises ``Unusable``."""
    _check(environ)

    def ask() -> None:
        import keyring

        if keyring.get_password(SERVICE, address) is not None:
            keyring.delete_password(SERVICE, address)

    _asked(ask, deadline)


def _check(environ: Mapping[str, str]) -> None:
    """Refuse to ask where the process environment differs from ``environ`` in what decides."""
    for name in os.environ:
        if (name in _DECIDES or name.startswith(_FAMILY)) and name not in environ:
            raise Unusable(f"is not asked: a file or Clovrix has set {name}, which chooses it")


def _asked(ask: Callable[[], T], deadline: float) -> T:
    # The text of a back end's error is never repeated: nobody knows what it holds.
    try:
        return within(deadline, ask, _late)
    except Unusable:
        raise
    except ImportError:
        why = "needs a package: pip install 'clovrix-env[keyring]'"
    except Exception as error:
        why = f"cannot be used ({type(error).__name__})"
    raise Unusable(why)


def _late() -> NoReturn:
    raise Unusable("did not answer in time")
