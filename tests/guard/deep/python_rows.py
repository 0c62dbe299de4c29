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
    Effect("UV_PYTHON_INSTALL_DIR", "{planted}",
           "uv run --no-project --offline --managed-python -p 3.13 python -c pass",
           {"cpython-3.13.1-linux-x86_64-gnu/bin/python3.13*": "#!/bin/sh\n{run}\n"}),
    Effect("UV_CONFIG_FILE", "{planted}/uv.toml", "uv pip list --offline",
           {"uv.toml": "[pip]\npython = '{run}'\n"}),
    Effect("UV_ENV_FILE", "{planted}/e", "uv run --no-project --offline --python {base} bash -c :",
           {"e": "BASH_ENV={planted}/b\n", "b": "echo taken\n"}),
    *each("UV_PROJECT UV_WORKING_DIRECTORY", "{planted}",
          "uv run --offline --no-sync --python {base} python -c pass", {"sitecustomize.py": _TAKES},
          before=f"{_VENV} && {_PROJECT}{{planted}}/pyproject.toml"),
    Effect("UV_PROJECT_ENVIRONMENT", "{planted}/.venv",
           "uv run --offline --no-sync --python {base} python -c pass",
           {"sitecustomize.py": _TAKES}, before=f"{_VENV} && {_PROJECT}pyproject.toml"),
    Effect("UV_FIND_LINKS", "{planted}",
           "uv pip install --python {base} --offline --no-index --no-cache --target t honest",
           before=_SDIST),
    *each("UV_OVERRIDE UV_CONSTRAINT", "{planted}/o",
          "uv pip install --python {base} --offline --no-cache --target t honest",
          {"o": "honest @ file://{planted}/honest-1.0.tar.gz\n"}, before=_SDIST),
    Effect("RUFF", "{run}", "uv format --offline", before=f"{_PROJECT}pyproject.toml"),
    # pip
    Effect("PIP_CONFIG_FILE", "{planted}/c", _PIP + "honest",
           {"c": "[global]\nfind-links = {planted}\n"}, before=_SDIST),
    Effect("PIP_FIND_LINKS", "{planted}", _PIP + "honest", before=_SDIST),
    Effect("PIP_CONSTRAINT", "{planted}/o", _PIP + "honest",
           {"o": "honest @ file://{planted}/honest-1.0.tar.gz\n"}, before=_SDIST),
    Effect("PIP_REQUIREMENT", "{planted}/o", _PIP.rstrip (),
           {"o": "honest @ file://{planted}/honest-1.0.tar.gz\n"}, before=_SDIST),
    Effect("PIP_log", "{planted}/taken", "guard-python -m pip list"),
    # Environments and projects
    Effect("VIRTUALENV_PYTHON", "{run}", "virtualenv v"),
    Effect("VIRTUALENV_CONFIG_FILE", "{planted}/c", "virtualenv v",
           {"c": "[virtualenv]\npython = {run}\n"}),
    Effect("PDM_PYTHON", "{run}", "pdm info", before=f"{_PROJECT}pyproject.toml"),
    Effect("PDM_PROJECT", "{planted}", "pdm run x", {"pyproject.toml": "[project]\nname = 'p'\n"
           "version = '1'\n[tool.pdm.scripts]\nx = '{run}'\n"},
           before="echo {base} > {planted}/.pdm-python"),
    Effect("POETRY_VIRTUALENVS_PATH", "{planted}", "poetry run python -c pass",
           {"sitecustomize.py": _TAKES}, before=
           f"{_PROJECT}pyproject.toml && POETRY_VIRTUALENVS_PATH={{planted}} poetry env use "
           "{base} && cp {planted}/sitecustomize.py $(echo {planted}/p-*/lib/*/site-packages)"),
    Effect("POETRY_CONFIG_DIR", "{planted}", "poetry run python -c pass",
           {"sitecustomize.py": _TAKES, "config.toml": "[virtualenvs]\npath = '{planted}'\n"},
           before=
           f"{_PROJECT}pyproject.toml && POETRY_VIRTUALENVS_PATH={{planted}} poetry env use "
           "{base} && cp {planted}/sitecustomize.py $(echo {planted}/p-*/lib/*/site-packages)"),
    Effect("HATCH_CONFIG", "{planted}/c", "hatch -p x run x",
           {"c": "[projects]\nx = '{planted}'\n", "pyproject.toml": "[project]\nname = 'p'\n"
           "dynamic = ['version']\n[tool.hatch.version]\nsource = 'code'\npath = 'v.py'\n"
           "[tool.hatch.envs.default.scripts]\nx = '{run}'\n", "v.py": "open('{planted}/taken', "
           "'w')\nversion = '1'\n"}),
    Effect("PIPX_HOME", "{planted}", "pipx runpip x list",
           {"venvs/x/bin/python*": "#!/bin/sh\n{run}\n"}),
    Effect("PIPX_DEFAULT_PYTHON", "{run}", "pipx install --pip-args=--no-index x"),
    Effect("PIPENV_PIPFILE", "{planted}/Pipfile", "pipenv run x",
           {"Pipfile": "[scripts]\nx = '{run}'\n"}),
    Effect("PYENV_HOOK_PATH", "{planted}", "pyenv rehash", {"rehash/x.bash": "{run}\n"}),
    Effect("PYENV_ROOT", "{planted}", "pyenv exec python",
           {"version": "p\n", "versions/p/bin/python*": "#!/bin/sh\n{run}\n"}),
    Effect("PEX_PYTHON", "{run}", "./a.pex", before="pex -o a.pex", tool="pex"),
    Effect("PEX_PATH", "{planted}/b.pex", "./a.pex -c 'import honest'",
           before='pex -o a.pex && mkdir -p s && echo \'print("taken")\' > s/honest.py && pex -D '
           "s -o {planted}/b.pex", tool="pex"),
    # Tests, lint, documentation
    Effect("COVERAGE_RCFILE", "{planted}/c", "coverage run a.py",
           {"c": "[run]\nplugins = planted\n"}, before=f"echo pass > a.py && {_MODULE}"),
    Effect("COVERAGE_PROCESS_START", "{planted}/c", "guard-python -c pass",
           {"c": "[run]\ndata_file = {planted}/taken\n"}),
    Effect("TOX_CONFIG_FILE", "{planted}/t.ini", "tox run -e py",
           {"t.ini": "[tox]\nno_package = true\n[testenv]\ncommands = {run}\nallowlist_externals "
           "= *\n"}, before=_TOX),
    Effect("TOX_OVERRIDE", "testenv.commands={run}", "tox run -e py", before=_TOX),
    Effect("TOX_DISCOVER", "{run}", "tox run -e py31", before=_TOX),
    Effect("NOXFORCEPYTHON", "{run}", "nox -s x",
           before="printf 'import nox\\n@nox.session\\ndef x(s): pass\\n' > noxfile.py"),
    Effect("PYLINTRC", "{planted}/rc", "pylint a.py", {"rc": "[MAIN]\ninit-hook=print('taken')\n"},
           before="echo > a.py"),
    Effect("SPHINXBUILD", "{run}", "make html", before="sphinx-quickstart -q -p a -a b -v 1 .",
           tool="sphinx-build"),
    Effect("SPHINXOPTS", "-c {planted}", "make html", {"conf.py": _PRINTS},
           before="sphinx-quickstart -q -p a -a b -v 1 .", tool="sphinx-build"),
    Effect("DOCUTILSCONFIG", "{planted}/c", "guard-python -m docutils a.rst",
           {"c": "[docutils application]\nwriter: planted\n"},
           before=f"{_MODULE} && echo x > a.rst"),
    Effect("ROBOT_OPTIONS", "--pythonpath {planted} --listener planted", "robot x.robot",
           {"planted.py": _PRINTS},
           before="printf '*** Test Cases ***\\nx\\n    No Operation\\n' > x.robot"),
    # Interactive and servers
    Effect("IPYTHONDIR", "{planted}", "ipython -c pass", {"profile_default/startup/x.py": _PRINTS}),
    *each("JUPYTER_CONFIG_DIR JUPYTER_CONFIG_PATH", "{planted}", "jupyter-kernelspec list",
          {"jupyter_config.py": _PRINTS}),
    *each("JUPYTER_PATH JUPYTER_DATA_DIR", "{planted}", "timeout 5 jupyter-kernel --kernel=x",
          {"kernels/x/kernel.json": '{"argv": ["{run}"], "display_name": "x", "language": "x"}'},
          tool="jupyter-kernel"),
    Effect("UVICORN_APP_DIR", "{planted}", _UVICORN, {"main.py": _PRINTS}),
    Effect("UVICORN_LOG_CONFIG", "{planted}/l.json", _UVICORN,
           {"l.json": '{"version": 1, "handlers": {"h": {"()": "os.system", "command": "{run}"}}, '
           '"root": {"handlers": ["h"]}}'}),
    Effect("UVICORN_ENV_FILE", "{planted}/e", _UVICORN,
           {"e": "BASH_ENV={planted}/b\n", "b": "echo taken\n"},
           before='echo \'import os; os.system("bash -c :")\' > main.py'),
    # Libraries and frameworks
    Effect("GIT_PYTHON_GIT_EXECUTABLE", "{run}", "guard-python -c 'import git'"),
    Effect("MATPLOTLIBRC", "{planted}/rc",
           "guard-python -c 'import matplotlib.pyplot as p; p.figure()'",
           {"rc": "backend: module://planted\n"}, before=_MODULE),
    Effect("PYTHON_KEYRING_BACKEND", "planted.Keyring",
           "guard-python -c 'import keyring; keyring.get_keyring()'", before=_MODULE),
    Effect("ALEMBIC_CONFIG", "{planted}/a.ini", "alembic current",
           {"a.ini": "[alembic]\nscript_location = {planted}\n", "env.py": _PRINTS}),
    Effect("INVOKE_RUN_SHELL", "{run}", "invoke x", before="printf 'from invoke import "
           'task\\n@task\\ndef x(c): c.run("true")\\n\' > tasks.py'),
    Effect("INVOKE_RUNTIME_CONFIG", "{planted}/c.yaml", "invoke x",
           {"c.yaml": "run:\n  shell: {run}\n"}, before="printf 'from invoke import "
           'task\\n@task\\ndef x(c): c.run("true")\\n\' > tasks.py'),
    Effect("LOCUST_LOCUSTFILE", "{planted}/l.py", "locust --list", {"l.py": _PRINTS}),
    Effect("CONAN_HOME", "{planted}", "conan help", {"extensions/commands/cmd_x.py": _PRINTS}),
    Effect("HTTPIE_CONFIG_DIR", "{planted}", "http --offline 127.0.0.1", {"p/planted.py": _PRINTS},
           before="d={planted}/plugins/$(guard-python -c 'import sysconfig; "
           'print(sysconfig.get_path("purelib", vars=dict(base="")).lstrip("/"))\') && mkdir -p '
           "$d/planted-1.dist-info && cp {planted}/p/planted.py $d && printf 'Metadata-Version: "
           "2.1\\nName: planted\\nVersion: 1\\n' > $d/planted-1.dist-info/METADATA && printf "
           "'[httpie.plugins.auth.v1]\\nx = planted:X\\n' > "
           "$d/planted-1.dist-info/entry_points.txt"),
    Effect("DIST_EXTRA_CONFIG", "{planted}/c", "guard-python setup.py honest",
           {"c": "[global]\ncommand_packages = planted\n"}, before=
           f"{_MODULE} && echo 'import setuptools; setuptools.setup(name=\"a\")' > setup.py"),
    Effect("SCONSFLAGS", "-f {planted}/S", "scons -n", {"S": _PRINTS}),
    # Ansible
    Effect("ANSIBLE_CONFIG", "{planted}/a.cfg", "ansible-inventory --list",
           {"a.cfg": "[defaults]\ninventory = {run}\n"}),
    Effect("ANSIBLE_INVENTORY", "{run}", "ansible-inventory --list"),
    Effect("ANSIBLE_LIBRARY", "{planted}", _ANSIBLE,
           {"ping.py": "#!/usr/bin/python3\nopen('{planted}/taken', 'w')\n"}),
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
