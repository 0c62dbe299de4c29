"""The app: it registers its system check, and has no models, no templates and no URLs."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from clovrix_env.integrations.django.contract_check import TAG, check_contract


class ClovrixConfig(AppConfig):
    """``INSTALLED_APPS = ["clovrix_env.integrations.django"]``."""

    name = "clovrix_env.integrations.django"
    label = "clovrix_env"

    def ready(self) -> None:
        """Register the check for ``check``, ``runserver``, ``migrate`` and ``test``."""
        checks.register(check_contract, TAG)
