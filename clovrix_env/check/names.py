"""Compares the names of contract, files, Clovrix and code with each other. Pure."""

from __future__ import annotations

from clovrix_env.check.rules import Finding
from clovrix_env.export.settings_class import digest_of
from clovrix_env.model.layer import CLOVRIX, FILE
from clovrix_env.model.names import OURS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from clovrix_env.contract.contract import Contract
    from clovrix_env.model.layer import Binding, Layer, Location
    from clovrix_env.settings.settings import Settings

# Names that a platform, a shell, a terminal or a CI sets: no source has to provide them.
_PLATFORM = frozenset(
    (
        *("HOME", "USER", "USERNAME", "LOGNAME", "PATH", "SHELL", "PWD", "LANG", "LANGUAGE", "TZ"),
        *("TMPDIR", "TMP", "TEMP", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "USERPROFILE"),
        *("SYSTEMROOT", "WINDIR", "COMSPEC", "COMPUTERNAME", "HOSTNAME", "VIRTUAL_ENV", "EDITOR"),
        *("TERM", "COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR"),
        *("DISPLAY", "WAYLAND_DISPLAY", "SSH_AUTH_SOCK", "SSH_CONNECTION", "NOTIFY_SOCKET", "CI"),
        *("GITHUB_ACTIONS", "GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITLAB_CI"),
        *("GITHUB_REPOSITORY", "GITHUB_REF", "GITHUB_SHA", "GITHUB_RUN_ID", "GITHUB_WORKSPACE"),
        *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_EXECUTION_ENV"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    )
)
# Families of such names, without GITHUB_ and AWS_: programs have many names of their own there.
_PLATFORM_FAMILIES = (
    *("LC_", "XDG_", "PYTHON", "PYTEST_", "RUNNER_", "KUBERNETES_SERVICE_", "AWS_LAMBDA_"),
    *OURS,
)


def unknown(layers: Iterable[Layer], contract: Contract, settings: Settings) -> Iterator[Finding]:
    """Yield the names that the contract does not declare; none without a contract."""
    if not contract.variables:
        return
    for layer in layers:
        if layer.kind not in (FILE, CLOVRIX):
            continue
        for binding in {b.name: b for b in layer.bindings}.values():
            name = binding.name
            if contract.find(name) is None and settings.selects(name):
                yield Finding(
                    "unknown",
                    binding.place,
                    name,
                    f"{name} is not declared in {contract.source}",
                    "declare it under [variables], remove it, or exclude it in [select]",
                )


def on_clovrix(layers: Sequence[Layer], settings: Settings) -> Iterator[Finding]:
    """Yield the values of files that Clovrix provides as well. They are compared, never shown."""
    remote = {b.name: b for layer in layers if layer.kind == CLOVRIX for b in layer.bindings}
    for layer in layers:
        for binding in layer.bindings if layer.kind == FILE else ():
            there = remote.get(binding.name)
            if there is None or not settings.selects(binding.name):
                continue
            value = _literal(binding)
            if value and value == _literal(there):
                yield Finding(
                    "on-clovrix",
                    binding.place,
                    binding.name,
                    f"{binding.name} has the same value as in {there.place}",
                    "remove the line: Clovrix provides the value",
                )


def unprovided(
    needed: Mapping[str, Sequence[Location]], provided: Container[str], left_out: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield the names that code reads and no source provides.

    ``left_out`` maps names that a source provides to the reason why the program does not get them.
    """
    for name, places in needed.items():
        if name in provided or is_platforms(name):
            continue
        more = len(places) - 1
        others = f" and in {more} more {'place' if more == 1 else 'places'}" if more else ""
        why = f" (left out: {left_out[name]})" if name in left_out else ""
        yield Finding(
            "unprovided",
            places[0],
            name,
            f"{name} is read here{others}, but no source provides it{why}",
            "set it, add a fallback to the read, or declare it under [variables]",
        )


def stale(classes: Iterable[tuple[Location, str]], contract: Contract) -> Iterator[Finding]:
    """Yield the classes of the contract, each with its digest, that do not fit it any more."""
    digest = digest_of(contract.variables.values())
    for place, found in classes:
        if found != digest:
            yield Finding(
                "stale",
                place,
                "",
                f"no longer matches {contract.source}",
                "write the class again with clovrix-env schema --python FILE",
            )


def is_platforms(name: str) -> bool:
    """Whether a platform, a shell, a terminal or a CI sets a name."""
    upper = name.upper()
    return upper in _PLATFORM or upper.startswith(_PLATFORM_FAMILIES)


def _literal(binding: Binding) -> str | None:
    """Return the text of a value without references, otherwise ``None``."""
    texts = [part for part in binding.parts if isinstance(part, str)]
    return "".join(texts) if len(texts) == len(binding.parts) else None
