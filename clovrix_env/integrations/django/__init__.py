"""An app of Django, whose system check reports violations of ``.clovrix``."""
