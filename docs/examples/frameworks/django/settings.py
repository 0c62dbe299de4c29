"""Settings of a Django site. They load the values; .clovrix declares them."""

import os

from clovrix_env import load_env

load_env()

SECRET_KEY = os.environ["SECRET_KEY"]
GREETING = os.environ["GREETING"]
ALLOWED_HOSTS = ["localhost"]
INSTALLED_APPS = ["clovrix_env.integrations.django"]
ROOT_URLCONF = "urls"
