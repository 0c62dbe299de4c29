"""The checks of ``clovrix-env doctor``, which change nothing."""
