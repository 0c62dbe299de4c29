"""The findings of ``clovrix-env check`` in contract, files and code, which is not run."""
