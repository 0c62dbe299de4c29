"""A worker of Celery. Start it with `celery --app tasks worker`.

Its queue is a folder, so that the example needs no server: yours is the BROKER_URL of a server.
"""

import os
from pathlib import Path

from celery import Celery

from clovrix_env import load_env

load_env()

GREETING = os.environ["GREETING"]
QUEUE = Path(os.environ.get("QUEUE_FOLDER", "queue")).absolute()
QUEUE.mkdir(exist_ok=True)

app = Celery("tasks", broker="filesystem://", backend=QUEUE.as_uri())
app.conf.broker_transport_options = {
    "control_folder": str(QUEUE / "control"),
    "data_folder_in": str(QUEUE),
    "data_folder_out": str(QUEUE),
    "polling_interval": 0.1,
}


@app.task
def greet(name):
    return f"{GREETING} {name}"
