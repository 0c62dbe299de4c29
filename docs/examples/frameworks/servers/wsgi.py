"""A WSGI program. Start it with `gunicorn --workers 2 wsgi:app`."""

import os

from clovrix_env import load_env

load_env()

GREETING = os.environ["GREETING"].encode()


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", str(len(GREETING)))])
    return [GREETING]
