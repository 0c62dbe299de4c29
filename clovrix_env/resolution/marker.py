"""``__CLOVRIX_ENV``: what a launcher leaves beside the values: its children need not ask again.

It says what was asked for, how the files were when they were read, and of each name its layer, the
source that decides about it and a short digest of its value; never a value. By it an entry point
knows that nothing has changed, and which names of the process environment clovrix-env has set.
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

    # Where a name comes from, a digest of its value, and which source decides about it: a project,
    # a root, or the path of a file that was named; empty where that is not known.
    Injected = tuple[Location, str, str]

# What names address and place in the process environment.
_SAY = ("CLOVRIX_API_URL", "CLOVRIX_PROJECT", "CLOVRIX_ENVIRONMENT")
# One string of the environment holds 128 KiB; of a marker that would not fit the names are left.
LONGEST = 120 * 1024
_NAMES_ONLY = "0:"
# Where a name comes from, of which a marker says no more than that an earlier load has set it.
_EARLIER = Location("", "an earlier load")
_NONE = type(None)
# What each field is in JSON: a marker with anything else was not left by us.
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

    ``root`` is empty where the start-up hook loaded, which looks for none, and ``root_is_named``
    if the user named it; ``said`` is a digest of what the process environment named. Without
    ``answers`` it says which names are clovrix-env's, and nothing else.
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
        """Whether a call asks for what was loaded: what it does not name is the marker's."""
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
        """Whether a process environment names address and place as it did at this load."""
        return self.said == said_in(environ)

    def changed_files(self) -> list[str]:
        """The files that are not as they were: another size, time or inode, gone or new."""
        return [
            state.path
            for state in self.files
            if not state.drained and state_of(state.path) != state
        ]

    @property
    def can_be_read_again(self) -> bool:
        """Whether no file was a FIFO: to read that once more would wait for another writer."""
        return not any(state.drained for state in self.files)

    def ours(self, process: Process) -> set[str]:
        """The names that were injected and whose value nobody has changed since."""
        digests = [
            (n, digest) for n, (place, digest, _) in self.names.items() if place != INHERITED
        ]
        return unchanged(digests, process)

    def completed(self, request: LoadOptions) -> LoadOptions:
        """A call for another load: what it names of project and selection is its own, else ours."""
        return request.replaced(
            project=self.project if request.project is None else request.project,
            environment=self.environment if request.environment is None else request.environment,
            only=self.only if request.only is None else request.only,
            exclude=self.exclude if request.exclude is None else request.exclude,
        )

    def again(self, request: LoadOptions, process: Process) -> LoadOptions:
        """The same load once more, as the launcher asked for it; what it ``--set`` still stands."""
        ours = self.ours(process)
        kept = [
            (name, process.environ[name])
            for name, (place, *_) in self.names.items()
            if place.kind == OVERRIDE and name in ours
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
    """What a door leaves beside the values of a load."""
    settings, request, origin = inputs.settings, inputs.options, inputs.endpoint
    process, states = inputs.process, inputs.files.states
    # A declared name that nobody sets yet is known all the same: a program between may set it.
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
        address=None if origin is None else origin.address,
        address_from_file=origin is not None and origin.source_is_file,
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
    """The marker that stands in an environment; ``None`` for none, or for one not left by us."""
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
    # It says which names are clovrix-env's, and answers no request.
    return Marker(names, answers=False) if names else None


def _exported_names(text: str) -> dict[str, Injected]:
    """The names of an exported marker, as far as it says more of them than that."""
    import json

    try:
        return _names_in(json.loads(text[len(EXPORTED) :]))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return {}


def written(marker: Marker) -> str:
    """The text of a marker, which fits into one variable.

    Where all of it does not, the names that were injected are left, and of too many of these the
    ones that decide a fetch. Raises ``ClovrixConfigError`` where not even they fit.
    """
    return _fitting(_whole_text(marker), marker, _NAMES_ONLY)


def exported(marker: Marker) -> str:
    """The marker for a shell: whose names they are, with digests; it answers no request."""
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
    """Whether all of a marker fitted into this text."""
    return text.startswith(WHOLE)


def _text(begin: str, document: object) -> str:
    return f"{begin}{plain_json.dumps(document)}"


def _names_of(marker: Marker) -> dict[str, object]:
    """The part of a document that has each name with its layer, its digest and its source."""
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
    """A digest of what a process environment names of address and place."""
    said = "\0".join(environ.get(name, "") for name in _SAY)
    return digest_of(said.encode("utf-8", "surrogatepass"))
