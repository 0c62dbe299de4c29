"""What is written from the code is what the code says."""

import shutil
import subprocess
import sys

from docs.pages import TOP, all_pages, text_of


def _check(*, top=TOP):
    command = [sys.executable, str(top / "docs" / "generate.py"), "--check"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=30)


def test_generated_blocks_are_what_the_code_says():
    """``docs/generate.py --check`` finds nothing to write."""
    ran = _check()
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_what_is_stale_is_named(tmp_path):
    """A block or file that is not what the code says ends the check with 1, and is named."""
    shutil.copytree(TOP / "docs", tmp_path / "docs")
    for needed in ("clovrix_env", "tests", ".importlinter"):
        (tmp_path / needed).symlink_to(TOP / needed)
    page = "docs/reference/variables.md"
    stale = text_of(page).replace("| `CLOVRIX_PROJECT` |", "| `CLOVRIX_PROJETC` |")
    (tmp_path / page).write_text(stale, encoding="utf-8")
    (tmp_path / "README.md").write_text(text_of("README.md"), encoding="utf-8")
    (tmp_path / "docs/reference/clovrix.schema.json").write_text("{}", encoding="utf-8")
    ran = _check(top=tmp_path)
    assert (ran.returncode, ran.stderr) == (1, "")
    assert ran.stdout.splitlines() == ["docs/reference/clovrix.schema.json", page]


def test_every_generated_block_is_between_markers():
    """What opens a block is closed, and says who writes it."""
    for page in all_pages():
        text = text_of(page)
        opened = text.count(": written by docs/generate.py -->")
        assert opened == text.count("<!-- /"), page
