"""A program as people write it for the official SDK, with our package's name in the import line.

Run as a process against CLOVRIX_API_URL with CLOVRIX_TOKEN: it uses each call, argument, form of an
item and constructor argument that the official documentation shows, and prints a report in JSON.
"""

import json
import os

import httpx

from clovrix_env import Client, ClovrixError, NotFoundError, WriteItem


def synchronous(project):
    report = {}
    clovrix = Client()
    report["empty"] = clovrix.get_entries(project, "production")
    first = clovrix.set_entry(project, "production", "API_KEY", "first", is_secret=True)
    again = clovrix.set_entry(project, "production", "API_KEY", "second")
    report["created"] = [first.key, first.created, again.created]
    report["written"] = clovrix.set_entries(
        project,
        "production",
        [
            WriteItem(key="FEATURE_X", value="on"),
            WriteItem("FEATURE_Y", "off", True),
            {"key": "DATABASE_URL", "value": "postgresql://db/app", "is_secret": True},
            {"key": "LOG_LEVEL", "value": "info"},
        ],
    )
    entry = clovrix.get_entry(project, "production", "API_KEY")
    report["entry"] = [entry.key, entry.value, entry.is_secret]
    config = clovrix.get_entries(project, "production")
    report["config"] = config
    report["one"] = config["DATABASE_URL"]
    os.environ.update(config)
    report["environ"] = os.environ["FEATURE_X"]
    try:
        clovrix.get_entry(project, "production", "MAYBE")
    except NotFoundError as error:
        report["unset"] = [error.status_code, isinstance(error, ClovrixError), bool(str(error))]
    clovrix.close()
    with Client() as clovrix:
        report["with"] = sorted(clovrix.get_entries(project, "production"))
    token, host = os.environ["CLOVRIX_TOKEN"], os.environ["CLOVRIX_API_URL"]
    with httpx.Client() as mine:
        clovrix = Client(
            token=token, base_url=host, timeout=30.0, user_agent="my-app/1.0", http_client=mine
        )
        report["brought"] = sorted(clovrix.get_entries(project, "production"))
    with Client(token, host, 5, "my-app/1.0", None) as clovrix:
        report["by position"] = sorted(clovrix.get_entries(project, "production"))
    return report


if __name__ == "__main__":
    print(json.dumps(synchronous("backend")))
