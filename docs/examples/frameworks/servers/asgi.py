"""An ASGI program. Start it with `uvicorn --workers 2 asgi:app`."""

import os

from clovrix_env import load_env

load_env()

GREETING = os.environ["GREETING"].encode()


async def app(scope, receive, send):
    if scope["type"] == "http":
        headers = [(b"content-length", str(len(GREETING)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": GREETING})
