"""``__CLOVRIX_ENV``: a launcher sets it beside the values, so that children need not fetch again.

It contains the request, the states of the files, and for each name its layer, its source and a
short digest of its value, but no value. It shows an entry point whether anything has changed, and
which names in the process environment clovrix-env has set.
"""

from __future__ import annotations

from clovrix_env.auth.clean_environ import decides_fetch, digest_of, digests_in, unchanged
from clovrix_env.errors import ClovrixConfigError
from clovrix_env.model import plain_json
from clovrix_env.model.layer import CLOVRIX, INHERITED, OVERRIDE, Layer, Location, literal_layer
from clovrix_env.model.names import EXPORTED, MARKER, WHOLE
from clovrix_env.model.record import Record
from clovrix_env.system.files import State, state_of
from clovrix_env.system.folders import whole_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from clovrix_env.resolution.environment import Environment
    from clovrix_env.resolution.inputs import Inputs
    from clovrix_env.settings.load_options import LoadOptions
    from clovrix_env.system.process import Process

    # The place of a name, a digest of its value, and the source that decides about it: a project,
    # a root, or the path of a named file; empty if unknown.
    Injected = tuple[Location, str, str]

# Variables of the process environment that choose address, project and environment.
_CHOOSING = ("CLOVRIX_API_URL", "CLOVRIX_PROJECT", "CLOVRIX_ENVIRONMENT")
# The kernel's limit for one string is 128 KiB; a longer marker is reduced to its names.
LONGEST = 120 * 1024
_NAMES_ONLY = "0:"
# The place of a name if the marker has no more than the name.
_EARLIER = Location("", "an earlier load")
_NONE = type(None)
# The JSON type of each field; a marker with other types is not from clovrix-env.
_KINDS: dict[str, tuple[type, ...]] = {
    "address": (str, _NONE),
    "address_from_file": (bool,),
    "project": (str, _NONE),
    "environment": (str, _NONE),
    "only": (list,),
    "exclude": (list,),
    "root": (str,),
    "root_is_named": (bool,),
    "said": (str,),
    "files_named": (list, _NONE),
    "override": (bool,),
    "local": (bool, _NONE),
    "allow": (list,),
    "remote": (bool,),
    "offline": (bool,),
}


class Marker(Record):
    """One load, as it is written into the environment.

    ``root`` is empty for the start-up hook, which does not search for one; ``root_is_named`` if the
    user named it. ``said`` is a digest of the variables that choose address, project and
    environment. Without ``answers`` the marker only shows which names clovrix-env has set.
    """

    names: Mapping[str, Injected]
    answers: bool = True
    address: str | None = None
    address_from_file: bool = False
    project: str | None = None
    environment: str | None = None
    only: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    root: str = ""
    root_is_named: bool = False
    said: str = ""
    files_named: tuple[str, ...] | None = None
    override: bool = False
    local: bool | None = None
    allow: tuple[str, ...] = ()
    remote: bool = True
    offline: bool = False
    files: tuple[State, ...] = ()

    def covers(self, request: LoadOptions) -> bool:
        """Whether the loaded values answer a request; the marker completes unset arguments."""
        return (
            self.answers
            and request.names_only_a_place
            and request.project in (None, self.project)
            and request.environment in (None, self.environment)
            and request.only in (None, self.only)
            and request.exclude in (None, self.exclude)
            and (request.root is None or whole_path(request.root, "root=") == self.root)
        )

    def was_said_in(self, environ: Mapping[str, str]) -> bool:
        """Whether a process environment chooses the same as at this load."""
        return self.said == said_in(environ)

    def changed_files(self) -> list[str]:
        """Return the files that were changed, removed or created, by size, time and inode."""
        return [
            state.path
            for state in self.files
            if not state.drained and state_of(state.path) != state
        ]

    @property
    def can_be_read_again(self) -> bool:
        """Whether no file was a FIFO: reading one again would wait for another writer."""
        return not any(state.drained for state in self.files)

    def own_names(self, process: Process) -> set[str]:
        """Return the names that were injected and whose value is unchanged."""
        digests = [
            (n, digest) for n, (place, digest, _) in self.names.items() if place != INHERITED
        ]
        return unchanged(digests, process)

    def completed(self, request: LoadOptions) -> LoadOptions:
        """Return a request with the marker's project, environment and selection as defaults."""
        return request.replaced(
            project=self.project if request.project is None else request.project,
            environment=self.environment if request.environment is None else request.environment,
            only=self.only if request.only is None else request.only,
            exclude=self.exclude if request.exclude is None else request.exclude,
        )

    def again(self, request: LoadOptions, process: Process) -> LoadOptions:
        """Return the launcher's request for another load, with its values of ``--set``."""
        own = self.own_names(process)
        kept = [
            (name, process.environ[name])
            for name, (place, *_) in self.names.items()
            if place.kind == OVERRIDE and name in own
        ]
        overrides: Layer | None = literal_layer(OVERRIDE, "--set", kept) if kept else None
        return self.completed(request).replaced(
            root=self.root,
            root_is_named=self.root_is_named,
            files=self.files_named,
            override=self.override,
            local=self.local,
            allow=(*self.allow, *request.allow),
            remote=self.remote,
            offline=self.offline,
            overrides=overrides,
            wording=request.wording.replaced(root="the marker"),
        )


def marker_of(inputs: Inputs, environment: Environment) -> Marker:
    """Return the marker that an entry point sets beside the values of a load."""
    settings, request, endpoint = inputs.settings, inputs.options, inputs.endpoint
    process, states = inputs.process, inputs.files.states
    # Declared names without a value are included: a program between may set them.
    places = dict.fromkeys(inputs.contract.variables, INHERITED)
    places.update((name, environment.origin(name).place) for name in environment)
    named = {} if request.files is None else dict(inputs.candidates)
    root = settings.root.path
    names: dict[str, Injected] = {
        name: (
            (place, "", "")
            if place is INHERITED
            else (
                place,
                digest_of(process.encode(environment[name])),
                _source_of(place, named.get(place.source, root)),
            )
        )
        for name, place in places.items()
    }
    if inputs.kept is not None:
        names.update(inputs.kept.beside(environment))
    return Marker(
        address=None if endpoint is None else endpoint.address,
        address_from_file=endpoint is not None and endpoint.source_is_file,
        project=settings.project,
        environment=settings.environment,
        only=settings.only,
        exclude=settings.exclude,
        root=settings.root.path,
        root_is_named=settings.root.is_named,
        said=said_in(process.environ),
        files_named=request.files and tuple(state.path for state in states),
        override=request.override,
        local=request.local,
        allow=request.allow,
        remote=settings.remote,
        offline=settings.offline,
        files=(*states, *inputs.value_files.states, settings.declared_state),
        names=names,
    )


def _source_of(place: Location, file_or_root: str) -> str:
    return place.source.partition("/")[0] if place.kind == CLOVRIX else file_or_root


def read(environ: Mapping[str, str]) -> Marker | None:
    """Return the marker of an environment; ``None`` without one that clovrix-env has set."""
    text = environ.get(MARKER, "")
    if not text:
        return None
    if text.startswith(WHOLE):
        import json

        try:
            return _from_document(json.loads(text[len(WHOLE) :]))
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
            pass
    known = _exported_names(text) if text.startswith(EXPORTED) else {}
    names = {name: known.get(name, (_EARLIER, digest, "")) for name, digest in digests_in(text)}
    # It shows which names clovrix-env has set, and answers no request.
    return Marker(names, answers=False) if names else None


def _exported_names(text: str) -> dict[str, Injected]:
    """Return the names of an exported marker with their places, if it contains these."""
    import json

    try:
        return _names_in(json.loads(text[len(EXPORTED) :]))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return {}


def written(marker: Marker) -> str:
    """Return the text of a marker, which fits into one variable.

    If the whole marker is too long, it is reduced to the names that were injected; if these are too
    long, to the names that decide a fetch. Raises ``ClovrixConfigError`` if even they do not fit.
    """
    return _fitting(_whole_text(marker), marker, _NAMES_ONLY)


def exported(marker: Marker) -> str:
    """Return the marker for a shell: names with places and digests. It answers no request."""
    return _fitting(_text(EXPORTED, _names_of(marker)), marker, EXPORTED)


def _fitting(text: str, marker: Marker, begin: str) -> str:
    injected = [name for name, (place, *_) in marker.names.items() if place != INHERITED]
    for names in (injected, list(filter(decides_fetch, injected))):
        if len(text) <= LONGEST:
            return text
        text = _text(begin, {"names": names})
    if len(text) <= LONGEST:
        return text
    raise ClovrixConfigError(
        "the names that decide where requests go do not fit into the environment",
        "set fewer variables that choose a proxy, certificates or a keyring",
    )


def is_whole(text: str) -> bool:
    """Whether a text is a marker that was not reduced."""
    return text.startswith(WHOLE)


def _text(begin: str, document: object) -> str:
    return f"{begin}{plain_json.dumps(document)}"


def _names_of(marker: Marker) -> dict[str, object]:
    """Return the part of a document that has the layer, digest and source of each name."""
    places: dict[tuple[str, str, str], int] = {}
    names = {
        name: [places.setdefault((p.kind, p.source, source), len(places)), p.line, digest]
        for name, (p, digest, source) in marker.names.items()
    }
    return {"names": names, "places": list(places)}


def _names_in(document: dict[str, Any]) -> dict[str, Injected]:
    places: list[list[Any]] = document["places"]
    names: dict[str, list[Any]] = document["names"]
    return {n: _injected(places[index], line, digest) for n, (index, line, digest) in names.items()}


def _whole_text(marker: Marker) -> str:
    document = {
        "address": marker.address,
        "address_from_file": marker.address_from_file,
        "project": marker.project,
        "environment": marker.environment,
        "only": marker.only,
        "exclude": marker.exclude,
        "root": marker.root,
        "root_is_named": marker.root_is_named,
        "said": marker.said,
        "files_named": marker.files_named,
        "override": marker.override,
        "local": marker.local,
        "allow": marker.allow,
        "remote": marker.remote,
        "offline": marker.offline,
        "files": [[state.path, state.size, state.mtime, state.inode] for state in marker.files],
        **_names_of(marker),
    }
    return _text(WHOLE, document)


def _from_document(document: dict[str, Any]) -> Marker:
    for field, kinds in _KINDS.items():
        if type(document[field]) not in kinds:
            raise TypeError(field)
    named: list[Any] | None = document["files_named"]
    return Marker(
        address=document["address"],
        address_from_file=document["address_from_file"],
        project=document["project"],
        environment=document["environment"],
        only=tuple(map(str, document["only"])),
        exclude=tuple(map(str, document["exclude"])),
        root=document["root"],
        root_is_named=document["root_is_named"],
        said=document["said"],
        files_named=None if named is None else tuple(map(str, named)),
        override=document["override"],
        local=document["local"],
        allow=tuple(map(str, document["allow"])),
        remote=document["remote"],
        offline=document["offline"],
        files=tuple(
            State(str(path), int(size), int(mtime), int(inode))
            for path, size, mtime, inode in document["files"]
        ),
        names=_names_in(document),
    )


def _injected(place: list[Any], line: Any, digest: Any) -> Injected:
    kind, name, source = map(str, place)
    return Location(kind, name, int(line)), str(digest), source


def said_in(environ: Mapping[str, str]) -> str:
    """Return a digest of the variables that choose address, project and environment."""
    chosen = "\0".join(environ.get(name, "") for name in _CHOOSING)
    return digest_of(chosen.encode("utf-8", "surrogatepass"))
