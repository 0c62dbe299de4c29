"""What is configured: arguments, ``CLOVRIX_*``, ``.clovrix`` and the user's own configuration."""
