"""The same for ASGI: clovrix-exec -- uvicorn asgi:app"""

import os

GREETING = os.environ["GREETING"]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    said = b"ok" if scope["path"] == "/health" else GREETING.encode()
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(said)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": said})
