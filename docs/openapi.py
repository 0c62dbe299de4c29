"""The OpenAPI 3.1 document of the server, from the routes and limits of the code."""

from __future__ import annotations

import re

from clovrix_env import __version__
from clovrix_env.api import limits
from clovrix_env.api.routes import ROUTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": "integer"}
_FLAG: dict[str, Any] = {"type": "boolean"}
_KEY = {"type": "string", "pattern": "^[A-Z_][A-Z0-9_]*$", "maxLength": limits.KEY_CHARACTERS}
# A value has at most so many bytes; a schema counts characters.
_VALUE = {"type": "string", "maxLength": limits.VALUE_BYTES}
_SUMMARIES = {
    "get_entries": "All entries that have a value in an environment.",
    "get_entry": "One entry.",
    "set_entry": "Write one entry, as a new version of its value.",
    "set_entries": "Write up to 100 entries, all or none.",
    "get_history": "The versions of an entry, without values.",
    "restore_entry": "Restore an earlier version as a new one.",
    "delete_entry": "Remove the value of an entry; its history remains.",
    "get_log": "The events of a project or environment, without values.",
}


def _object(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "type": [schema["type"], "null"]}


def _own(operation: str, fields: dict[str, Any]) -> dict[str, Any]:
    return _object({**fields, "operation": {"const": operation}})


_ITEM = _object({"key": _KEY, "value": _VALUE}, is_secret=_nullable(_FLAG))
_BODIES = {
    "set_entry": _object({"value": _VALUE}, is_secret=_nullable(_FLAG)),
    "set_entries": _object(
        {"entries": {"type": "array", "items": _ITEM, "maxItems": limits.BULK_ITEMS}}
    ),
    "restore_entry": _object({"version": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1}}),
}
_VERSION = _object(
    {
        "number": _NUMBER,
        "at": _NUMBER,
        "token": _nullable(_TEXT),
        "change": {"enum": ["created", "changed", "restored", "deleted"]},
        "restored": _nullable(_NUMBER),
    }
)
_EVENT = _object(
    {
        "id": _NUMBER,
        "at": _NUMBER,
        "token": _nullable(_TEXT),
        "action": _TEXT,
        "environment": _nullable(_TEXT),
        "key": _nullable(_TEXT),
        "version": _nullable(_NUMBER),
    }
)
_WRITTEN = _object({"key": _KEY, "created": _FLAG})
_ANSWERS: dict[str, dict[int, Any]] = {
    "get_entries": {200: _object({"entries": {"type": "object", "additionalProperties": _TEXT}})},
    "get_entry": {200: _object({"key": _KEY, "value": _VALUE, "is_secret": _FLAG})},
    "set_entry": {200: _WRITTEN, 201: _WRITTEN},
    "set_entries": {200: _object({"written": _NUMBER})},
    "get_history": {
        200: _own(
            "get_history",
            {
                "key": _KEY,
                "is_secret": _FLAG,
                "versions": {"type": "array", "items": _VERSION},
                "more": _FLAG,
            },
        )
    },
    "restore_entry": {
        200: _own("restore_entry", {"key": _KEY, "version": _NUMBER, "changed": _FLAG})
    },
    "delete_entry": {200: _own("delete_entry", {"key": _KEY, "version": _NUMBER})},
    "get_log": {
        200: _own("get_log", {"events": {"type": "array", "items": _EVENT}, "more": _FLAG})
    },
}
_REFUSALS = {
    400: "The request or its body is not valid.",
    401: "The token is missing, invalid, revoked or expired.",
    402: "Billing is pending or restricted.",
    403: "The token may read but not write.",
    404: "The path, project, environment or key does not exist, or is out of the token's scope.",
    408: "The request arrived too slowly.",
    413: "The body is too large.",
    415: "The body is not application/json, or it is compressed.",
    421: "The host name is not the server's.",
    422: "A key, a value or a number is out of its limits.",
    429: "Too many invalid tokens came from this address.",
    431: "The head of the request is too large.",
    500: "The store failed.",
    503: "The store or the server is busy.",
    507: "The store cannot be written.",
}
_OF_BODIES = (413, 415)


def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, Any] = {}
    for path, operations in ROUTES.items():
        paths[path] = {
            method.lower(): _operation(path, name) for method, name in operations.items()
        }
        names = re.findall(r"\{(\w+)\}", path)
        paths[path]["parameters"] = [{"$ref": f"#/components/parameters/{n}"} for n in names]
    refusal = _object(
        {"error": _TEXT}, billing_status={"enum": ["active", "pending_payment", "restricted"]}
    )
    parameters = {
        name: {"name": name, "in": "path", "required": True, "schema": schema}
        for name, schema in (
            ("project", {"type": "string", "minLength": 1}),
            ("environment", {"type": "string", "minLength": 1}),
            ("key", _KEY),
        )
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "clovrix-env serve", "version": __version__},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": parameters,
            "schemas": {"Refusal": refusal},
        },
    }


def _operation(path: str, name: str) -> dict[str, Any]:
    of_project = name == "get_log" and "{environment}" not in path
    found: dict[str, Any] = {
        "operationId": "get_log_of_project" if of_project else name,
        "summary": _SUMMARIES[name],
        "responses": {str(s): _json("Done.", schema) for s, schema in _ANSWERS[name].items()},
    }
    if name == "get_log":
        after = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
        found["parameters"] = [{"name": "after", "in": "query", "schema": after}]
    if name == "get_entries":
        tag = {"name": "If-None-Match", "in": "header", "schema": _TEXT}
        found["parameters"] = [tag]
        found["responses"]["304"] = {"description": "The entries still have this tag."}
    if name in _BODIES:
        content = {"application/json": {"schema": _BODIES[name]}}
        found["requestBody"] = {"required": True, "content": content}
    for status, why in _REFUSALS.items():
        if status not in _OF_BODIES or name in _BODIES:
            refusal = _json(why, {"$ref": "#/components/schemas/Refusal"})
            found["responses"][str(status)] = refusal
    return found


def _json(why: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": why, "content": {"application/json": {"schema": schema}}}
