"""``clovrix-env``, also as ``python -m clovrix_env``."""

from __future__ import annotations

import sys


def main() -> None:
    """The entry point of the ``clovrix-env`` script."""
    if sys.argv[1:2] == ["run"]:
        # Before click is imported: `run` is the launcher, with the same handling of signals.
        from clovrix_env.cli.exec import main as launch

        launch(sys.argv[2:])
    try:
        from clovrix_env.cli.main import main as command

        command()
    except KeyboardInterrupt as error:  # during an import, which click does not handle
        from clovrix_env.system.signals import end_by_interrupt

        end_by_interrupt(error)


if __name__ == "__main__":
    main()
