"""Django's settings, which load by themselves: python manage.py check

Below `clovrix-exec -- python manage.py check` the call finds all in place, and sends no request.
For `collectstatic` in an image build set CLOVRIX_REMOTE=off, and give the names that it needs.
"""

import os

from clovrix_env import load_env

load_env()

SECRET_KEY = os.environ["SECRET_KEY"]
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]
ROOT_URLCONF = "settings"
urlpatterns = []
