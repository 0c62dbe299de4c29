"""What the start-up hook costs while it is off, as multiples of ``python -c pass`` without it.

    python tests/benchmarks/hook_cost.py [--rounds N] [--python PATH]

Measured as ``launch_cost`` does it, in virtual environments with the same packages.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1])]

from benchmarks.launch_cost import Case, _install, _made, _ratios  # noqa: E402 - the path is set

BUDGET = 1.05


def measure(python: str, rounds: int) -> dict[str, tuple[float, float]]:
    """Of each way to have it the figure and its budget."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory(prefix="hook-cost-") as name:
        folder = Path(name)
        without = _install(python, folder) / "python"
        having = _copy(python, without, folder / "having")
        script = str(without.parent / "clovrix-env")
        subprocess.run([script, "hook", "install", "-q", "--python", having], check=True)
        found = subprocess.run([script, "hook", "path"], check=True, capture_output=True, text=True)
        base = {"PATH": "/usr/bin:/bin", "HOME": _made(folder / "home"), "LANG": "C.UTF-8"}
        on_path = {**base, "PYTHONPATH": found.stdout.strip()}
        words = ["-c", "pass"]
        nothing = Case("without the hook", folder, [str(without), *words], base, 1.0)
        cases = [
            Case("hook off, PYTHONPATH", folder, [str(without), *words], on_path, BUDGET),
            Case("hook off, .pth", folder, [str(having), *words], base, BUDGET),
        ]
        try:
            return _ratios(nothing, cases, rounds)
        finally:
            os.chdir(before)


def _copy(python: str, original: Path, folder: Path) -> Path:
    """A virtual environment with the packages of another."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    [theirs] = original.parents[1].glob("lib/python*/site-packages")
    [ours] = folder.glob("lib/python*/site-packages")
    shutil.copytree(theirs, ours, dirs_exist_ok=True)
    return folder / "bin" / "python"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--python", default=sys.executable)
    asked = parser.parse_args()
    for name, (figure, budget) in measure(asked.python, asked.rounds).items():
        print(f"{name:34} {figure:5.3f} x   (at most {budget})")


if __name__ == "__main__":
    main()
