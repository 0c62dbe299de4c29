"""What the start-up hook costs while it is off, as multiples of ``python -c pass`` without it.

    python tests/benchmarks/hook_cost.py [--rounds N] [--python PATH]

Measured as ``launch_cost`` does it, in virtual environments with the same packages.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.launch_cost import ratios  # noqa: E402 - the path is set
from benchmarks.paths import Case, install, install_hook, made  # noqa: E402

BUDGET = 1.05


def measure(python: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Of each way to have it the figure and its budget."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="hook-cost-") as name:
        folder = Path(name)
        scripts = install(python, folder)
        without = str(scripts / "python")
        having = install_hook(python, scripts, folder / "having")
        path = [str(scripts / "clovrix-env"), "hook", "path"]
        found = subprocess.run(path, check=True, capture_output=True, text=True)
        base = {"PATH": "/usr/bin:/bin", "HOME": made(folder / "home"), "LANG": "C.UTF-8"}
        on_path = {**base, "PYTHONPATH": found.stdout.strip()}
        words = ["-c", "pass"]
        nothing = Case("without the hook", folder, [without, *words], base)
        cases = [
            Case("hook off, PYTHONPATH", folder, [without, *words], on_path, BUDGET),
            Case("hook off, .pth", folder, [having, *words], base, BUDGET),
        ]
        try:
            return ratios(nothing, cases, rounds)
        finally:
            os.chdir(before)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--python", default=sys.executable)
    asked = parser.parse_args()
    for name, (figure, budget) in measure(asked.python, asked.rounds).items():
        print(f"{name:34} {figure:5.3f} x   (at most {budget})")


if __name__ == "__main__":
    main()
