"""Changes one operator, number or condition at a time, and asks the tests whether they notice.

    python tests/mutation/run.py [MODULE]...

For each module of ``MODULES``, cosmic-ray makes every such change in this checkout and runs the
tests of the module. A change that no test notices survives: ``survivors.tsv`` has a line for each,
with the reason. The script fails if a change survives without a line, or if a line is out of date.

It changes files of this checkout, whose package has to be installed with ``pip install -e``.
``.ci/mutants`` runs it in a clone of its own. The changes of annotations and of ``TYPE_CHECKING``
are left out: no program evaluates them. Texts and tables are not changed.
"""

import ast
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SURVIVORS = Path(__file__).with_name("survivors.tsv")
# A disk would cost a store ten times as much, because it waits for each write.
MEMORY = Path("/dev/shm")
# The tests of each module, the quickest first: pytest ends at the first failure.
MODULES = {
    "client/retry.py": "client/test_retry.py",
    "model/plain_json.py": "formats/test_plain_forms.py",
    "resolution/interpolate.py": "resolve/test_dotenv_cases.py resolve/test_dotenv_dialect.py"
    " resolve/test_who_wins.py resolve/test_against_oracle.py transfer/test_import_command.py",
    "resolution/precedence.py": "resolve/test_who_wins.py resolve/test_remote_layers.py",
    "settings/plain_toml.py": "resolve/test_plain_readers.py",
    "sources/plain_dotenv.py": "resolve/test_plain_readers.py resolve/test_dotenv_cases.py",
    "store/access.py": "store/test_store_access.py store/test_prune.py store/test_history.py"
    " server/test_postgres_secrecy.py::test_the_database_has_no_secret",
    "store/tokens.py": "store/test_store_access.py store/test_prune.py store/test_history.py"
    " store/test_postgres.py::test_nothing_is_written_after_a_revocation",
    "system/seal.py": "store/test_seal.py store/test_master_key.py",
}
_SETTINGS = """
[cosmic-ray]
module-path = "clovrix_env/{module}"
timeout = 120.0
excluded-modules = []
test-command = "sh {folder}/tests"

[cosmic-ray.distributor]
name = "local"
"""
# A change can loop for ever. The limit is of processor time, because the machine may be busy.
_TESTS = """
ulimit -t 20
export PYTHONPYCACHEPREFIX={folder}/compiled
for tests in {tests}; do
    {python} -m pytest -x -n0 -p no:cacheprovider -o addopts= --import-mode=importlib -q \
        -o tmp_path_retention_policy=failed --basetemp={folder}/pytest -m 'not deep' \
        "tests/$tests" && continue
    [ $? -lt 128 ] || echo timeout
    exit 1
done
"""


def survivors(module, folder):
    """The changes, those that ended by timeout, and the survivors as lines before and after."""
    settings, session = folder / "settings.toml", folder / "session.sqlite"
    settings.write_text(_SETTINGS.format(module=module, folder=folder))
    tests = folder / "tests"
    tests.write_text(_TESTS.format(python=sys.executable, folder=folder, tests=MODULES[module]))
    _cosmic_ray("init", "--force", settings, session)
    _skip_what_is_not_evaluated(TOP / "clovrix_env" / module, session)
    # This writes what Python compiles. The runs with changes read it and write none.
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    ran = subprocess.run(["sh", tests], cwd=TOP, env=environ, stdout=subprocess.PIPE, text=True)
    if ran.returncode:
        sys.exit(f"{module}: the tests fail without a change\n{ran.stdout}")
    _cosmic_ray("exec", settings, session)
    count, timeouts, pairs = 0, 0, []
    for item, result in map(json.loads, _cosmic_ray("dump", session).splitlines()):
        if not result or result["worker_outcome"] == "skipped":
            continue
        if result["worker_outcome"] != "normal":
            sys.exit(f"{module}: cosmic-ray: {result['worker_outcome']}: {item['mutations']}")
        count += 1
        timeouts += result["output"].strip().endswith("timeout")
        if result["test_outcome"] == "survived":
            pairs.append(_lines(result["diff"]))
    return count, timeouts, pairs


def _cosmic_ray(*arguments):
    command = [Path(sys.executable).with_name("cosmic-ray"), *arguments]
    return subprocess.run(command, check=True, cwd=TOP, stdout=subprocess.PIPE, text=True).stdout


def _skip_what_is_not_evaluated(source, session):
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import WorkerOutcome, WorkResult

    text = source.read_text()
    spans = list(_not_evaluated(ast.parse(text)))
    with use_db(session, WorkDB.Mode.open) as database:
        for item in list(database.work_items):
            start = item.mutations[0].start_pos
            if any(first <= start < last for first, last in spans):
                database.set_result(item.job_id, WorkResult(worker_outcome=WorkerOutcome.SKIPPED))


def _not_evaluated(tree):
    """The spans of annotations, and of ``TYPE_CHECKING`` with what it guards."""
    for node in ast.walk(tree):
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if part is not None:
                yield (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            end = node.body[-1]
            yield (node.lineno, node.col_offset), (end.end_lineno, end.end_col_offset)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TYPE_CHECKING":
            yield (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _lines(diff):
    changed = [line for line in diff.splitlines() if line[:3] not in ("---", "+++")]
    return tuple(
        " ".join(line[1:].strip() for line in changed if line.startswith(sign)).strip()
        for sign in "-+"
    )


def explained():
    """Each survivor with a reason: module, line before and line after."""
    with SURVIVORS.open(newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for number, row in enumerate(rows, 1):
        if len(row) != 4 or not all(row):
            sys.exit(f"{SURVIVORS}:{number}: write module, line before, line after and reason")
    return {(module, before, after) for module, before, after, _ in rows}


def main(chosen):
    known = explained()
    wrong = False
    for module in chosen or MODULES:
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            count, timeouts, pairs = survivors(module, Path(folder))
        found = {(module, before, after) for before, after in pairs}
        killed = count - len(pairs)
        print(
            f"{module}: {killed} of {count} changes noticed ({killed / count:.1%}), "
            f"{timeouts} by timeout",
            flush=True,
        )
        for _, before, after in sorted(found - known):
            wrong = True
            print(f"  not noticed: {before}\n           as: {after}", flush=True)
        for _, before, after in sorted(row for row in known - found if row[0] == module):
            wrong = True
            print(f"  noticed by now, remove its line: {before}\n    as: {after}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
