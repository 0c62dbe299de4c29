"""The findings of ``clovrix-env check`` in contract, files and code. No program is started."""
