"""The server does what ``docs/reference/openapi.json`` says, for generated requests."""

import subprocess
import sys
from pathlib import Path

import pytest

from clovrix_env.server.app import Options
from clovrix_env.server.in_thread import serving

pytest.importorskip("schemathesis")

DOCUMENT = Path(__file__).parents[2] / "docs/reference/openapi.json"
CASES = 250  # for each operation
PLACE = """
[parameters]
"path.project" = "backend"
"path.environment" = "production"

# No schema can say that the keys of a batch must differ: 422.
[[operations]]
include-name = "POST /api/public/v1/projects/{project}/environments/{environment}/entries"

[operations.checks.positive_data_acceptance]
expected-statuses = ["2xx", 422]
"""


@pytest.mark.deep
@pytest.mark.timeout(900)
@pytest.mark.parametrize("in_store", [True, False], ids=["in the store", "anywhere"])
def test_generated_requests(store_home, tmp_path, in_store):
    """2,000 cases in all, all checks of schemathesis, no failure."""
    (tmp_path / "schemathesis.toml").write_text(PLACE if in_store else "")
    with serving(store_home.store, Options(log_format="off")) as url:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", str(DOCUMENT), "--url", url),
            *("--header", f"Authorization: Bearer {store_home.token}"),
            *("--max-examples", str(CASES)),
            *("--phases", "examples,coverage,fuzzing", "--checks", "all", "--no-color"),
        ]
        ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    print(*[line for line in ran.stdout.splitlines() if "generated" in line.lower()], sep="\n")
    assert ran.returncode == 0, ran.stdout[-15000:] + ran.stderr[-2000:]
