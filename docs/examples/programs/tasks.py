"""A worker: clovrix-exec -- celery --app tasks worker

Its processes are forked, and inherit the values: one request for all of them.
"""

import os

from celery import Celery

app = Celery("tasks", broker=os.environ.get("BROKER_URL", "memory://"))
GREETING = os.environ["GREETING"]


@app.task
def greet(name):
    return f"{GREETING} {name}"
