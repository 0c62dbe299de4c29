"""The observations of ``clovrix-env doctor``: everything that ``load_env()`` needs, unchanged."""
