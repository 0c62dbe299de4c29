"""A program of Flask. Start it with `flask run`, or with `clovrix-exec -- flask run`."""

import os

from flask import Flask

from clovrix_env import load_env

load_env()


def create_app():
    app = Flask(__name__)
    app.config["GREETING"] = os.environ["GREETING"]

    @app.get("/")
    def greeting():
        return app.config["GREETING"]

    return app
