"""The system's keyring, through the optional package ``keyring``, which is imported on use.

The service is ``clovrix-env`` and the user name is the address. A back end may prompt the user or
wait for a silent bus, so each call has a deadline. The package chooses its back end by
``os.environ``: it is not used if a file or Clovrix has set a variable that decides this.
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
# Variables that decide which back end is loaded, and where it searches.
_DECIDES = (
    "PYTHON_KEYRING_BACKEND",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
)
_FAMILY = "KEYRING_PROPERTY_"


class Unusable(Exception):
    """The keyring cannot be used. The text is a predicate to its name."""


def read(address: str, environ: Mapping[str, str], deadline: float) -> str | None:
    """The stored token of an address, or ``None``. Raises ``Unusable``."""
    _check(environ)

    def ask() -> str | None:
        import keyring

        return keyring.get_password(SERVICE, address)

    return _asked(ask, deadline)


def write(address: str, held: list[str], environ: Mapping[str, str], deadline: float) -> None:
    """Store the token in ``held``, and check that it can be read again. Raises ``Unusable``.

    The token is in a list, so that no frame of a traceback shows it.
    """
    _check(environ)

    def ask() -> bool:
        import keyring

        keyring.set_password(SERVICE, address, held[0])
        # A null back end accepts every token and returns none.
        return keyring.get_password(SERVICE, address) == held[0]

    if not _asked(ask, deadline):
        raise Unusable("does not return the token that it accepted")


def delete(address: str, environ: Mapping[str, str], deadline: float) -> None:
    """Remove the token of an address, if there is one. Raises ``Unusable``."""
    _check(environ)

    def ask() -> None:
        import keyring

        if keyring.get_password(SERVICE, address) is not None:
            keyring.delete_password(SERVICE, address)

    _asked(ask, deadline)


def _check(environ: Mapping[str, str]) -> None:
    """Raise ``Unusable`` if the process environment has a deciding variable beyond ``environ``."""
    for name in os.environ:
        if (name in _DECIDES or name.startswith(_FAMILY)) and name not in environ:
            raise Unusable(
                f"is not used: a file or Clovrix has set {name}, which selects its back end"
            )


def _asked(ask: Callable[[], T], deadline: float) -> T:
    # The text of a back end's error is never repeated, because it may contain a secret.
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
