"""Fuzzes one reader by coverage: ``python tests/fuzz/atheris_run.py KIND SECONDS``; needs atheris.

It begins with the corpus. What ends it by an error is a text for ``tests/fuzz/corpus``.
"""

import sys
import tempfile
from pathlib import Path

import atheris  # pyright: ignore[reportMissingImports]

sys.path.insert(0, str(Path(__file__).parents[1]))
with atheris.instrument_imports(include=["clovrix_env", "dotenv"]):
    from fuzz.readers import DOCUMENTED, READERS


def main(kind, seconds):
    def read(content):
        try:
            READERS[kind](content)
        except DOCUMENTED:
            pass

    corpus = Path(__file__).parent / "corpus" / kind
    # Not by rss: a process inherits the peak of the one that started it.
    options = ["-timeout=10", "-rss_limit_mb=0", "-malloc_limit_mb=400", "-print_final_stats=1"]
    with tempfile.TemporaryDirectory() as new:  # libFuzzer writes what it finds into the first
        folders = [new, str(corpus)]
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", *options, *folders], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
