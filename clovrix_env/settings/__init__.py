"""The configuration: arguments, ``CLOVRIX_*``, ``.clovrix`` and the user's own configuration."""
