"""How the instructions of a start grow with its input, and what a call of the SDK takes.

Instructions, because they do not depend on what else the machine does. A series is linear or better
if no step of it adds more for each item than the steps before did.
"""

import json
from contextlib import ExitStack
from pathlib import Path

from benchmarks import counting
from benchmarks.paths import PROJECT_FILE, Case, add_project, installed, made
from loopback import serve

from clovrix_env.api.messages import Call, WriteItem

# How much more an item of a later step may take than one of an earlier step: the cost of a dict or
# of a cache of the allocator grows in steps.
ALLOWED = 1.25
# Of the instructions of the whole start: less than that is not seen beside it.
NOISE = 0.02
# The instructions of Client.get_entries, as a multiple of those of httpx.Client.get.
SDK_LIMIT = 1.3
_CALLS = (20, 220)
_OURS = """
from clovrix_env import Client
with Client({token!r}, {url!r}) as client:
    for _ in range({calls}): client.get_entries("backend", "development")
"""
_HTTPX = """
import httpx
with httpx.Client(headers={{"Authorization": "Bearer " + {token!r}}}) as client:
    for _ in range({calls}): client.get({url!r} + "/v1/projects/backend/entries").content
"""
_KINDS = {"str": "text", "url": "https://db.example:5432/app", "int": "42", "duration": "1h30m"}


def measured(python):
    """Return the growth of each input in instructions, and the cost of a call of the SDK."""
    with installed(python) as here, ExitStack() as stack:
        folder = Path(made(here.at.empty.parent / "growth"))
        launch = here.cases["HTTP"].command
        series = {}
        for name, size, case in _cases(stack, here.at, launch, folder):
            counting.warm(case)
            series.setdefault(name, {})[str(size)] = counting.count(case)
        return {"instructions": series, "SDK": _sdk(here.at, here.python)}


def problems(results):
    """Return a line for each input that grows worse than linearly, and for a slow SDK."""
    found = [
        f"{name}: worse than linear: {counts}"
        for name, counts in results["instructions"].items()
        if not is_linear({int(size): count for size, count in counts.items()})
    ]
    call = results["SDK"]["get_entries / httpx.Client.get"]
    if call > SDK_LIMIT:
        found.append(f"Client.get_entries: {call} x httpx.Client.get, at most {SDK_LIMIT}")
    return found


def is_linear(counts):
    """Return whether no step adds more for each item than the whole series before it."""
    (first, base), *later = counts.items()
    for (size, count), (next_size, next_count) in zip(later, later[1:]):
        each = (count - base) / (size - first)
        allowed = count + ALLOWED * max(each, 0) * (next_size - size) + NOISE * base
        if next_count > allowed:
            return False
    return True


def _cases(stack, at, launch, folder):
    def files(name, size, clovrix="", dotenv=""):
        place = Path(made(folder / f"{name} {size}"))
        (place / ".clovrix").write_text(PROJECT_FILE + clovrix)
        (place / ".env").write_text(dotenv)
        return Case(name, place, launch, at.files_only)

    for size in (1, 200, 2000):
        answer = json.dumps({"entries": {f"ENTRY_{n}": f"value-{n}" * 4 for n in range(size)}})
        server = stack.enter_context(serve(at.store))
        server.fault("answer", body=answer.encode())
        environ = {**at.over_http, "CLOVRIX_API_URL": server.url}
        yield "entries", size, Case("entries", at.empty, launch, environ)
    for size in (1, 1000, 10_000):
        lines = "".join(f"LOCAL_{number}=value-{number}\n" for number in range(size))
        yield "lines of .env", size, files("lines", size, dotenv=lines)
        lines = "".join(f"LOCAL_{number}='value {number}' # note\n" for number in range(size))
        yield "lines of .env with quotes", size, files("quotes", size, dotenv=lines)
    for size in (1, 200, 2000):
        kinds = [*_KINDS.items()] * size
        declared = "".join(
            f'\n[variables.NAME_{number}]\ntype = "{kind}"\nrequired = true\n'
            for number, (kind, _) in zip(range(size), kinds)
        )
        lines = "".join(f"NAME_{number}={text}\n" for number, (_, text) in zip(range(size), kinds))
        yield "variables of a contract", size, files("contract", size, declared, lines)
    for size in (1, 200, 2000):
        lines = "NAME=text\n" + "".join(f"NAME_{n}=${{NAME}}-{n}\n" for n in range(size))
        yield "references", size, files("references", size, dotenv=lines)
    for number in range(10):
        add_project(at.store, f"shared-{number}", [WriteItem(f"SHARED_{number}", "text")])
    for size in (1, 5, 10):
        names = [f"shared-{number}" for number in range(size)]
        case = files("extends", size, f"extends = {json.dumps(names)}\n")
        yield "extended projects", size, case._replace(environ=at.in_store)
    items = [WriteItem(f"ENTRY_{number}", f"value-{number}") for number in range(50)]
    written = 50
    for size in (50, 10_000, 100_000):
        while written < size:
            at.store.answer(Call("set_entries", "backend", "development", items=tuple(items)))
            written += len(items)
        yield "versions in the store", size, Case("versions", at.empty, launch, at.in_store)


def _sdk(at, python):
    """Return the instructions of one call of a reused client, and their ratio."""
    each = {}
    for name, program in (("get_entries", _OURS), ("httpx.Client.get", _HTTPX)):
        url, token = at.over_http["CLOVRIX_API_URL"], at.over_http["CLOVRIX_TOKEN"]
        counts = []
        for calls in _CALLS:
            code = program.format(url=url, token=token, calls=calls)
            case = Case(name, at.empty, [python, "-c", code], at.base)
            counting.warm(case)
            counts.append(counting.count(case))
        each[name] = (counts[1] - counts[0]) // (_CALLS[1] - _CALLS[0])
    ours, theirs = each.values()
    return {**each, "get_entries / httpx.Client.get": round(ours / theirs, 3)}
