"""Notes on names and values that are not refused. Pure."""

from __future__ import annotations

from clovrix_env.contract.contract import is_service_link
from clovrix_env.model.layer import CLOVRIX, PROCESS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from clovrix_env.resolution.precedence import ValueOrigin

_PROXY = "decides which proxy programs use"
_AUTHORITIES = "decides which TLS certificates programs trust"
_UNTRUSTED = "can make programs trust any TLS certificate"
_WHERE = "decides where programs look for their files"
_PACKAGES = "decides where packages are downloaded from"
_PROGRAM = "can name a program that is run"
_OPTIONS = "can add options that run code"
_CONFIG = "names a configuration that can run programs"
_MODULE = "names code that is imported"
_TOOLS = "decides which installation of a tool is used"
_CACHED = "decides where code is cached, and run from"
_SERVER = "decides which server a tool controls"
_REACHES = "decides which host a tool talks to"


def _table(*rows: tuple[str, str]) -> dict[str, str]:
    return {name: does for names, does in rows for name in names.split()}


# Names that pass the guard because they are common in containers, but that steer programs. Those
# that programs accept in any case are in capitals.
STEERING: dict[str, str] = _table(
    ("HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY FTP_PROXY", _PROXY),
    ("SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE", _AUTHORITIES),
    ("NODE_EXTRA_CA_CERTS AWS_CA_BUNDLE GIT_SSL_CAINFO PIP_CERT", _AUTHORITIES),
    ("NPM_CONFIG_CAFILE NPM_CONFIG_CA CARGO_HTTP_CAINFO", _AUTHORITIES),
    ("PIP_PROXY NPM_CONFIG_PROXY NPM_CONFIG_HTTPS_PROXY YARN_HTTP_PROXY", _PROXY),
    ("YARN_HTTPS_PROXY CARGO_HTTP_PROXY", _PROXY),
    ("TMPDIR TMP TEMP TEMPDIR", "decides where temporary files are created"),
    ("NODE_PATH", "decides where Node.js looks for modules"),
    ("NPM_CONFIG_REGISTRY PNPM_CONFIG_REGISTRY YARN_REGISTRY", _PACKAGES),
    ("YARN_NPM_REGISTRY_SERVER PIP_INDEX_URL PIP_EXTRA_INDEX_URL", _PACKAGES),
    ("PIP_TRUSTED_HOST NPM_CONFIG_STRICT_SSL YARN_STRICT_SSL", _UNTRUSTED),
    ("NPM_CONFIG_CACHE YARN_CACHE_FOLDER PIP_CACHE_DIR", _CACHED),
)
# Names that are case-sensitive.
NOTED: dict[str, str] = _table(
    ("ENV", "is read and run by an interactive sh"),
    ("UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL BUN_CONFIG_REGISTRY", _PACKAGES),
    ("COREPACK_NPM_REGISTRY GOPROXY RUBYGEMS_HOST HEX_MIRROR PDM_PYPI_URL", _PACKAGES),
    ("PIPENV_PYPI_MIRROR RUSTUP_DIST_SERVER CARGO_REGISTRY_DEFAULT", _PACKAGES),
    ("UV_INSECURE_HOST GIT_SSL_NO_VERIFY NODE_TLS_REJECT_UNAUTHORIZED GOINSECURE", _UNTRUSTED),
    ("CC CXX CPP LD AR AS RANLIB FC F77 CUDACXX LDSHARED MAKE PYTHON", _PROGRAM),
    ("AWS_PAGER PYSPARK_PYTHON PYSPARK_DRIVER_PYTHON FFMPEG_BINARY", _PROGRAM),
    ("PUPPETEER_EXECUTABLE_PATH CHROME_PATH CHROME_BIN PLAYWRIGHT_BROWSERS_PATH", _PROGRAM),
    ("CFLAGS CXXFLAGS CPPFLAGS LDFLAGS FFLAGS FCFLAGS CGO_CFLAGS CGO_LDFLAGS", _OPTIONS),
    ("JAVA_OPTS CATALINA_OPTS GUNICORN_CMD_ARGS XLA_FLAGS PARALLEL PERL_MM_OPT", _OPTIONS),
    ("DJANGO_SETTINGS_MODULE FLASK_APP CELERY_CONFIG_MODULE CELERY_LOADER", _MODULE),
    ("SCRAPY_SETTINGS_MODULE UVICORN_APP MPLBACKEND", _MODULE),
    ("JAVA_HOME VIRTUAL_ENV CONDA_PREFIX GOPATH BUNDLE_PATH POETRY_HOME SPARK_HOME", _TOOLS),
    ("HADOOP_HOME ORACLE_HOME ANDROID_HOME CUDA_HOME NVM_DIR PNPM_HOME", _TOOLS),
    ("M2_HOME MAVEN_HOME ANT_HOME GRADLE_HOME DOTNET_ROOT GOTOOLCHAIN", _TOOLS),
    ("KUBECONFIG AWS_CONFIG_FILE AWS_SHARED_CREDENTIALS_FILE CLOUDSDK_CONFIG", _CONFIG),
    ("GOOGLE_API_CERTIFICATE_CONFIG COMPOSE_FILE RCLONE_CONFIG AIRFLOW_HOME", _CONFIG),
    ("TNS_ADMIN MPLCONFIGDIR", _CONFIG),
    ("DOCKER_HOST DOCKER_CONTEXT DOCKER_CERT_PATH CONTAINER_HOST", _SERVER),
    ("SSH_AUTH_SOCK", "decides whose keys sign for the user"),
    ("AWS_ENDPOINT_URL RSYNC_PROXY XDEBUG_CONFIG", _REACHES),
    ("NUMBA_CACHE_DIR UV_CACHE_DIR GOCACHE GOMODCACHE CARGO_TARGET_DIR", _CACHED),
    ("NUGET_PACKAGES JAX_COMPILATION_CACHE_DIR NODE_COMPILE_CACHE TORCH_HOME", _CACHED),
    ("LOCPATH NLSPATH TZDIR TEXTDOMAINDIR TERMINFO TERMINFO_DIRS", _WHERE),
)
_XDG = "XDG_"


def about(name: str, value: str, origin: ValueOrigin, services: Iterable[str]) -> Iterator[str]:
    """Describe a name with this value and origin, as words that follow the name."""
    if origin.kind != PROCESS:
        does = STEERING.get(name.upper()) or NOTED.get(name)
        if does is None and name.startswith(_XDG):
            does = _WHERE
        if does is not None:
            yield does
    if is_service_link(name, value, services):
        yield (
            "looks like a Kubernetes service link; enableServiceLinks: false in the Pod's spec "
            "removes it"
        )
    if origin.kind == PROCESS and not value:
        hidden = next((place for place in origin.hid if place.kind == CLOVRIX), None)
        if hidden is not None:
            yield f"is set and empty in the process environment, and so hides {hidden}"
