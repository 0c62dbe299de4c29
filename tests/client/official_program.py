"""A program as people write it for the official SDK, with our package's name in the import line.

Run as a process against CLOVRIX_API_URL with CLOVRIX_TOKEN: it uses each call, argument, form of an
item, constructor argument and exception that the official documentation shows, and prints a report
in JSON.
"""

import asyncio
import json
import os
import sys

import httpx

from clovrix_env import (
    AsyncClient,
    AuthenticationError,
    BillingError,
    Client,
    ClovrixConfigError,
    ClovrixConnectionError,
    ClovrixError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ValidationError,
    WriteItem,
)

ALL = (
    ClovrixConfigError,
    ClovrixConnectionError,
    AuthenticationError,
    BillingError,
    ForbiddenError,
    NotFoundError,
    ValidationError,
    ServerError,
)


def told(error):
    """An exception as the documentation has it: its class, its status, its billing state."""
    return [
        type(error).__name__,
        getattr(error, "status_code", None),
        getattr(error, "billing_status", None),
        isinstance(error, ClovrixError),
        bool(str(error)),
    ]


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
        report["unset"] = told(error)
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


async def asynchronous(project):
    report = {}
    async with AsyncClient() as clovrix:
        first = await clovrix.set_entry(project, "production", "API_KEY", "first", is_secret=True)
        again = await clovrix.set_entry(project, "production", "API_KEY", "second")
        report["created"] = [first.key, first.created, again.created]
        items = [WriteItem(key="FEATURE_X", value="on"), {"key": "LOG_LEVEL", "value": "info"}]
        report["written"] = await clovrix.set_entries(project, "production", items)
        entry = await clovrix.get_entry(project, "production", "API_KEY")
        report["entry"] = [entry.key, entry.value, entry.is_secret]
        report["config"] = await clovrix.get_entries(project, "production")
        try:
            await clovrix.get_entry(project, "production", "MAYBE")
        except NotFoundError as error:
            report["unset"] = told(error)
    async with httpx.AsyncClient() as mine:
        clovrix = AsyncClient(
            token=os.environ["CLOVRIX_TOKEN"],
            base_url=os.environ["CLOVRIX_API_URL"],
            timeout=30.0,
            user_agent="my-app/1.0",
            http_client=mine,
        )
        report["brought"] = sorted(await clovrix.get_entries(project, "production"))
    return report


def each_error():
    """What each documented exception looks like to a program that catches it."""
    nobody = {"base_url": "http://127.0.0.1:1", "timeout": 0.2}
    reader = {"token": os.environ["READER"]}
    attempts = [
        (nobody, lambda clovrix: clovrix.get_entries("backend", "production")),
        ({"token": "icr_wrong"}, lambda clovrix: clovrix.get_entries("backend", "production")),
        (reader, lambda clovrix: clovrix.set_entry("backend", "production", "A", "1")),
        ({}, lambda clovrix: clovrix.get_entries("nowhere", "production")),
        ({}, lambda clovrix: clovrix.set_entry("backend", "production", "lower", "1")),
        ({"base_url": os.environ["UNPAID"]}, lambda clovrix: clovrix.get_entries("a", "b")),
        ({"base_url": os.environ["BROKEN"]}, lambda clovrix: clovrix.get_entries("a", "b")),
    ]
    report = []
    for arguments, attempt in attempts:
        try:
            with Client(**arguments) as clovrix:
                attempt(clovrix)
        except ALL as error:
            report.append(told(error))
    del os.environ["CLOVRIX_TOKEN"]
    try:
        Client()
    except ClovrixConfigError as error:
        report.append(told(error))
    return report


if __name__ == "__main__":
    found = {
        "synchronous": lambda: synchronous("backend"),
        "asynchronous": lambda: asyncio.run(asynchronous("backend")),
        "errors": each_error,
    }[sys.argv[1]]()
    print(json.dumps(found))
