"""A WSGI program that knows nothing of Clovrix: clovrix-exec -- gunicorn wsgi:app"""

import os

# Read at import: without its configuration the program does not start.
GREETING = os.environ["GREETING"]


def app(environ, start_response):
    said = b"ok" if environ["PATH_INFO"] == "/health" else GREETING.encode()
    headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))]
    start_response("200 OK", headers)
    return [said]
