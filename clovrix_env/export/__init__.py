"""The formats of ``clovrix-env export``, which other programs read: one module for each."""
