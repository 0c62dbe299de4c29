"""What the names that libraries read do; see ``guard.effects`` for how a row reads."""

from __future__ import annotations

from guard.effects import Effect, each

_TAKE = "cp {library} {planted}/libplanted.so"
_GTK = (
    "/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(\"libgtk-3.so.0\").gtk_init_check(None, None)'"
)
_EGL = (
    "/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(\"libEGL.so.1\").eglQueryString(None, 0x3055)'"
)
_SDL = "/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(\"libSDL2-2.0.so.0\").SDL_Init(0)'"
_OMP = "/usr/bin/python3 -c 'import ctypes; ctypes.CDLL(\"libomp.so.5\").omp_get_max_threads()'"
_ICD = {
    "x.json": '{"file_format_version": "1.0.0", "ICD": {"library_path": "{library}", '
    '"api_version": "1.0.0"}}'
}
_LAYER = {
    "x.json": '{"file_format_version": "1.0.0", "layer": {"name": "VK_LAYER_x", "type": '
    '"GLOBAL", "library_path": "{library}", "api_version": "1.3.0", "implementation_version": '
    '"1", "description": "x", "disable_environment": {"X_OFF": "1"}}}'
}
_LAYERS = {"VK_INSTANCE_LAYERS": "VK_LAYER_x"}
_GST = "gst-inspect-1.0"
_DELEGATES = (
    '<?xml version="1.0"?>\n<delegatemap>\n<delegate decode="honest" '
    'command="{run}"/>\n</delegatemap>\n'
)
_KRB = (
    "[libdefaults]\ndefault_realm = X\n[plugins]\nhostrealm = {\nmodule = "
    "planted:{library}\n}\n[realms]\nX = {\nkdc = 127.0.0.1:1\n}\n"
)

ROWS = (
    Effect("OMP_TOOL_LIBRARIES", "{library}", _OMP, tool="libomp.so.5"),
    # Graphics
    *each("VK_DRIVER_FILES VK_ADD_DRIVER_FILES VK_ICD_FILENAMES", "{planted}/x.json", "vulkaninfo",
          _ICD),
    *each("VK_LAYER_PATH VK_ADD_LAYER_PATH", "{planted}", "vulkaninfo", _LAYER, along=_LAYERS),
    Effect("OCL_ICD_VENDORS", "{planted}", "clinfo", {"x.icd": "{library}\n"}),
    Effect("__EGL_VENDOR_LIBRARY_FILENAMES", "{planted}/x.json", _EGL, _ICD, tool="libEGL.so.1"),
    Effect("__EGL_VENDOR_LIBRARY_DIRS", "{planted}", _EGL, _ICD, tool="libEGL.so.1"),
    Effect("SDL_DYNAMIC_API", "{library}", _SDL, tool="libSDL2-2.0.so.0"),
    Effect("LADSPA_PATH", "{planted}", "listplugins", before=_TAKE),
    Effect("ALSA_CONFIG_PATH", "{planted}/c", "aplay -L", {"c": "@hooks [ { func x lib "
           '"{library}" } ]\nhook_func.x { lib "{library}" func "x" }\n'}),
    # Desktop
    *each("GTK_MODULES GTK3_MODULES", "{library}", _GTK, tool="libgtk-3.so.0"),
    *each("GIO_EXTRA_MODULES GIO_MODULE_DIR", "{planted}", "gio info .", before=_TAKE),
    *each("GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 GST_PLUGIN_SYSTEM_PATH GST_PLUGIN_SYSTEM_PATH_1_0",
          "{planted}", _GST, before=_TAKE),
    *each("GST_PLUGIN_SCANNER GST_PLUGIN_SCANNER_1_0", "{run}", _GST),
    Effect("DBUS_SESSION_BUS_ADDRESS", "unixexec:path={run}",
           "dbus-send --session --dest=x.y / x.y.z"),
    # Pictures
    Effect("MAGICK_CONFIGURE_PATH", "{planted}", "convert-im6.q16 honest:a o.png",
           {"delegates.xml": _DELEGATES}, before="echo x > a"),
    # Credentials, databases
    Effect("KRB5_CONFIG", "{planted}/c", "kinit x", {"c": _KRB}),
    Effect("SASL_PATH", "{planted}", "saslpluginviewer", before=_TAKE),
    Effect("ODBCINI", "{planted}/o", "isql x", {"o": "[x]\nDriver = {library}\n"}),
    Effect("ODBCSYSINI", "{planted}", "isql x", {"odbc.ini": "[x]\nDriver = {library}\n"}),
    Effect("GNUPGHOME", "{planted}", "gpg --batch --passphrase x -c a",
           {"gpg.conf": "agent-program {run}\n"}, before="echo > a"),
    Effect("OPENSSL", "{run}", "/usr/lib/ssl/misc/CA.pl -newreq", tool="openssl"),
)  # fmt: skip
