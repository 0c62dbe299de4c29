"""The build backend: uv_build, and a list of the dependencies in the wheel (PEP 770).

``pip install .`` and ``python -m build`` call it, from a clone and from the sdist. The list is a
CycloneDX document made from pyproject.toml alone, so two builds have the same one.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import uuid
import zipfile
from pathlib import Path
from typing import Any

import uv_build
from uv_build import (
    build_editable,
    build_sdist,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
)

try:
    import tomllib
except ModuleNotFoundError:
    import tomli as tomllib  # Python 3.9 and 3.10

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

NAME = "sboms/clovrix-env.cdx.json"
_REQUIREMENT = re.compile(r"([\w.-]+)(?:\[[\w, -]+\])?([^;]*)(?:;\s*(.+))?")


def build_wheel(
    wheel_directory: str,
    config_settings: dict[str, Any] | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Build the wheel, and put the list and its line of RECORD into it."""
    name: str = uv_build.build_wheel(wheel_directory, config_settings, metadata_directory)
    path = Path(wheel_directory, name)
    with zipfile.ZipFile(path) as archive:
        contents = {entry: archive.read(entry) for entry in archive.infolist()}
    record = next(entry for entry in contents if entry.filename.endswith(".dist-info/RECORD"))
    listed = zipfile.ZipInfo(record.filename[: -len("RECORD")] + NAME, record.date_time)
    listed.external_attr, listed.compress_type = record.external_attr, record.compress_type
    document = sbom()
    digest = base64.urlsafe_b64encode(hashlib.sha256(document).digest()).rstrip(b"=").decode()
    line = f"{listed.filename},sha256={digest},{len(document)}\n"
    lines = contents.pop(record).decode().splitlines(keepends=True)
    contents.update({listed: document, record: "".join([*lines[:-1], line, lines[-1]]).encode()})
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in contents.items():
            archive.writestr(entry, content)
    return name


def prepare_metadata_for_build_wheel(
    metadata_directory: str, config_settings: dict[str, Any] | None = None
) -> str:
    """Prepare the metadata that the wheel will have, with the list."""
    name: str = uv_build.prepare_metadata_for_build_wheel(metadata_directory, config_settings)
    path = Path(metadata_directory, name, NAME)
    path.parent.mkdir()
    path.write_bytes(sbom())
    return name


def sbom() -> bytes:
    """Return the package and the dependencies that it declares, with their versions, as CycloneDX.

    None of them is part of the wheel: each is ``isExternal`` with a range, and those of an extra
    are ``optional``. The serial number is derived from everything else.
    """
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].items()
    optional = {line for extra, lines in extras if extra != "dev" for line in lines}
    required = project["dependencies"]
    purl = f"pkg:pypi/{project['name']}@{project['version']}"
    document: dict[str, Any] = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": purl,
                "name": project["name"],
                "version": project["version"],
                "description": project["description"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": purl,
            }
        },
        "components": [
            *(_component(line, "required") for line in required),
            *(_component(line, "optional") for line in sorted(optional - set(required))),
        ],
        "dependencies": [
            {"ref": purl, "dependsOn": [*required, *sorted(optional - set(required))]}
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(document, sort_keys=True))
    document["serialNumber"] = serial.urn
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


def _component(line: str, scope: str) -> dict[str, Any]:
    """Return the component of a dependency as pyproject.toml writes it."""
    parts = _REQUIREMENT.fullmatch(line)
    if parts is None:
        raise ValueError(f"pyproject.toml: not a name with versions: {line}")
    name, versions, marker = parts.groups()
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": line,
        "name": name,
        "scope": scope,
        "purl": f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}",
        "isExternal": True,
        "versionRange": f"vers:pypi/{versions.strip().replace(',', '|')}",
    }
    if marker:
        component["properties"] = [{"name": "marker", "value": marker}]
    return component
