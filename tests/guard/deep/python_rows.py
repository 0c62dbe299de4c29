"""What the names of Python's tools do; see ``guard.effects`` for how a row reads.

``guard-python`` is the interpreter of the virtual environment that has these tools.
"""

from __future__ import annotations

from guard.effects import Effect, each

_PRINTS = "print('taken')\n"
_TAKES = "open('{planted}/taken', 'w')\n"
_MODULE = "echo 'print(\"taken\")' > planted.py"
_VENV = (
    "{base} -m venv --without-pip {planted}/.venv && cp {planted}/sitecustomize.py $(echo "
    "{planted}/.venv/lib/*/site-packages)"
)
_PROJECT = 'printf \'[project]\\nname = "p"\\nversion = "1"\\n\' > '
_UV = "uv run --no-project --offline python -c pass"
# A source archive that runs code as it is built, and needs nothing else for it.
_SDIST = (
    "mkdir -p {planted}/honest-1.0 && cd {planted}/honest-1.0 && "
    "printf 'Metadata-Version: 2.1\\nName: honest\\nVersion: 1.0\\n' > PKG-INFO && "
    'printf \'[build-system]\\nrequires = []\\nbuild-backend = "b"\\nbackend-path = ["."]\\n\' '
    '> pyproject.toml && echo \'open("{planted}/taken", "w")\' > b.py && '
    "cd .. && tar -czf honest-1.0.tar.gz honest-1.0"
)
_PIP = "guard-python -m pip install --no-index --no-cache-dir --target t "
_UVICORN = "uvicorn main:app"
_ANSIBLE = "ansible localhost -c local -m ping"
_TOX = (
    "printf '[tox]\\nno_package = true\\n[testenv]\\ncommands = true\\nallowlist_externals = "
    "*\\n' > tox.ini"
)

ROWS = (
    # uv
    Effect("UV_PYTHON", "{run}", _UV),
    Effect("UV_PYTHON_SEARCH_PATH", "{planted}", _UV, {"python3*": "#!/bin/sh\n{run}\n"}),
    *each("UV_PROJECT UV_WORKING_DIRECTORY", "{planted}",
          "uv run --offline --no-sync --python {base} python -c pass", {"sitecustomize.py": _TAKES},
          before=f"{_VENV} && {_PROJECT}{{planted}}/pyproject.toml"),
    *each("UV_OVERRIDE UV_CONSTRAINT", "{planted}/o",
          "uv pip install --python {base} --offline --no-cache --target t honest",
          {"o": "honest @ file://{planted}/honest-1.0.tar.gz\n"}, before=_SDIST),
    Effect("RUFF", "{run}", "uv format --offline", before=f"{_PROJECT}pyproject.toml"),
    # pip
    Effect("PIP_FIND_LINKS", "{planted}", _PIP + "honest", before=_SDIST),
    Effect("PIP_log", "{planted}/taken", "guard-python -m pip list"),
    # Environments and projects
    Effect("VIRTUALENV_PYTHON", "{run}", "virtualenv v"),
    Effect("PDM_PYTHON", "{run}", "pdm info", before=f"{_PROJECT}pyproject.toml"),
    Effect("PIPX_DEFAULT_PYTHON", "{run}", "pipx install --pip-args=--no-index x"),
    Effect("PIPENV_PIPFILE", "{planted}/Pipfile", "pipenv run x",
           {"Pipfile": "[scripts]\nx = '{run}'\n"}),
    Effect("PYENV_HOOK_PATH", "{planted}", "pyenv rehash", {"rehash/x.bash": "{run}\n"}),
    Effect("PEX_PYTHON", "{run}", "./a.pex", before="pex -o a.pex", tool="pex"),
    # Tests, lint, documentation
    Effect("COVERAGE_RCFILE", "{planted}/c", "coverage run a.py",
           {"c": "[run]\nplugins = planted\n"}, before=f"echo pass > a.py && {_MODULE}"),
    Effect("TOX_OVERRIDE", "testenv.commands={run}", "tox run -e py", before=_TOX),
    Effect("TOX_DISCOVER", "{run}", "tox run -e py31", before=_TOX),
    Effect("PYLINTRC", "{planted}/rc", "pylint a.py", {"rc": "[MAIN]\ninit-hook=print('taken')\n"},
           before="echo > a.py"),
    # Interactive and servers
    Effect("IPYTHONDIR", "{planted}", "ipython -c pass", {"profile_default/startup/x.py": _PRINTS}),
    *each("JUPYTER_CONFIG_DIR JUPYTER_CONFIG_PATH", "{planted}", "jupyter-kernelspec list",
          {"jupyter_config.py": _PRINTS}),
    *each("JUPYTER_PATH JUPYTER_DATA_DIR", "{planted}", "timeout 5 jupyter-kernel --kernel=x",
          {"kernels/x/kernel.json": '{"argv": ["{run}"], "display_name": "x", "language": "x"}'},
          tool="jupyter-kernel"),
    Effect("UVICORN_APP_DIR", "{planted}", _UVICORN, {"main.py": _PRINTS}),
    # Libraries and frameworks
    Effect("GIT_PYTHON_GIT_EXECUTABLE", "{run}", "guard-python -c 'import git'"),
    Effect("LOCUST_LOCUSTFILE", "{planted}/l.py", "locust --list", {"l.py": _PRINTS}),
    Effect("CONAN_HOME", "{planted}", "conan help", {"extensions/commands/cmd_x.py": _PRINTS}),
    Effect("SCONSFLAGS", "-f {planted}/S", "scons -n", {"S": _PRINTS}),
    # Ansible
    Effect("ANSIBLE_INVENTORY", "{run}", "ansible-inventory --list"),
    Effect("ANSIBLE_CALLBACK_PLUGINS", "{planted}", _ANSIBLE, {"x.py": _PRINTS}),
    Effect("ANSIBLE_PYTHON_INTERPRETER", "{run}", "ansible all -i x, -c local -m ping"),
    Effect("ANSIBLE_SSH_EXECUTABLE", "{run}", "ansible all -i 127.0.0.1, -m raw -a x"),
    Effect("ANSIBLE_VAULT_PASSWORD_FILE", "{run}", "ansible-vault encrypt_string x"),
    # Google Cloud's command line is a Python program
    Effect("CLOUDSDK_PYTHON", "{run}", "gcloud version"),
    Effect("CLOUDSDK_PYTHON_ARGS", "-m planted", "gcloud version", before=_MODULE),
    Effect("CLOUDSDK_GSUTIL_PYTHON", "{run}", "gsutil version"),
    Effect("CLOUDSDK_BQ_PYTHON", "{run}", "bq version"),
)  # fmt: skip
