"""``python -m clovrix_env``: the same as ``clovrix-env``."""

from clovrix_env.cli.main import main

if __name__ == "__main__":
    main()
