"""``%clovrix`` and the tables of IPython and of a notebook without a browser: never a value."""

import json
import os
import sys

import pytest

from clovrix_env import resolve_env

# Each cell, and what its output contains: as HTML, and as text in IPython and in a notebook.
_CELLS = [
    ("%xmode Verbose", "", ""),
    ("%load_ext clovrix_env", "", ""),
    ("%clovrix backend staging", "<td>A</td><td>.env:1</td>", "A     .env:1"),
    ("environment = %clovrix", "", ""),
    ("environment", "backend/staging on Clovrix</td>", "backend/staging on Clovrix"),
    ("environment.explain().only('A')", "<td>A</td><td>.env:1</td>", "A     .env:1"),
    ("import os\nassert os.environ['A'] == 'planted-in-file'", "", ""),
    ("open('.env', 'w').write('A=planted-and-edited\\n');", "", ""),
    ("%clovrix", "<td>A</td>", "A     .env:1"),
    ("assert os.environ['A'] == 'planted-and-edited'", "", ""),
    ("%clovrix backend nowhere", "", "!check the names, and that the token's scope includes them"),
    ("%clovrix one two three", "", "!%clovrix accepts a project and an environment only"),
    ("%clovrix 'one", "", "!write %clovrix [PROJECT [ENVIRONMENT]]"),
    ("open('.env', 'w').write('A=\"planted-without-end\\n');", "", ""),
    ("%clovrix", "", "!.env:1: "),
    ("%unload_ext clovrix_env", "", ""),
    ("%reload_ext clovrix_env", "", ""),
]
_IPYTHON = """
import json, sys
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
shell, outputs = InteractiveShell.instance(colors="NoColor"), []
for cell in json.loads(sys.argv[1]):
    with capture_output() as captured:
        ran = shell.run_cell(cell)
    error = ran.error_in_exec
    outputs.append({"text": captured.stdout + captured.stderr, "html": "", "failed": bool(error)})
json.dump(outputs, sys.stdout)
"""
_NOTEBOOK = """
import json, sys
import nbformat.v4 as v4
from nbclient import NotebookClient
notebook = v4.new_notebook(cells=[v4.new_code_cell(cell) for cell in json.loads(sys.argv[1])])
NotebookClient(notebook, allow_errors=True, kernel_name="python3").execute()
outputs = []
for cell in notebook.cells:
    data = [output.get("data", {}) for output in cell.outputs]
    text = [*(d.get("text/plain", "") for d in data), *(o.get("text", "") for o in cell.outputs)]
    text += [line for output in cell.outputs for line in output.get("traceback", ())]
    failed = any(output.output_type == "error" for output in cell.outputs)
    html = "".join(d.get("text/html", "") for d in data)
    outputs.append({"text": "\\n".join(text), "html": html, "failed": failed, "all": cell.outputs})
json.dump(outputs, sys.stdout)
"""


@pytest.mark.deep
@pytest.mark.parametrize(
    ("needs", "driver"), [("IPython", _IPYTHON), ("nbclient", _NOTEBOOK)], ids=["shell", "notebook"]
)
def test_cells(clovrix, launched, project, driver, needs):
    """A magic, tables, an edited file and errors: each cell's output, and 0 values in all."""
    pytest.importorskip(needs)
    clovrix.put("backend", "staging", A="planted-and-hidden", B="planted-on-clovrix")
    project.write(".env", "A=planted-in-file\n")
    ours = {name: text for name, text in os.environ.items() if name.startswith("CLOVRIX_")}
    cells = json.dumps([cell for cell, _, _ in _CELLS])
    ran = launched.plain(sys.executable, "-c", driver, cells, env=ours, timeout=60)
    outputs = json.loads(ran.stdout)
    assert len(outputs) == len(_CELLS)
    for (cell, html, text), output in zip(_CELLS, outputs):
        shown = output["html"].replace(' style="text-align: left"', "")
        assert output["failed"] == text.startswith("!"), (cell, output)
        assert text.lstrip("!") in output["text"], (cell, output)
        assert needs == "IPython" or html in shown, (cell, output)
        assert "Traceback" not in output["text"], (cell, output)
    assert "planted" not in json.dumps(outputs)


def test_tables_are_escaped(project):
    """A file's name that is HTML is text in the table of an environment and of its explanation."""
    path = project.write("<script>&amp;.env", "A=planted\n")
    environment = resolve_env(files=[path], remote=False)
    for table in (environment._repr_html_(), environment.explain()._repr_html_()):
        assert "&lt;script&gt;&amp;amp;.env:1</td>" in table
        assert "<script" not in table
        assert "planted" not in table


def test_the_table_imports_no_client(launched):
    """Neither a client nor a command line, which ``import clovrix_env`` does not import either."""
    code = """
import sys, clovrix_env
assert not [name for name in sys.modules if name.startswith("clovrix_env.")], "import"
clovrix_env.resolve_env(overrides={"A": "1"}, remote=False)._repr_html_()
print(*({"click", "httpx", "ssl", "clovrix_env.cli"} & {*sys.modules}))
"""
    ran = launched.plain(sys.executable, "-c", code)
    assert (ran.stdout, ran.stderr) == (b"\n", b"")
