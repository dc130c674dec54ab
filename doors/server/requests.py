"""A request of ASGI as the environment of WSGI, which Django's side reads."""

import io
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from doors.request_lines import ENCODED_SLASH
from doors.server.answers import FileAnswer

_BARE = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_names: dict[bytes, str] = {}
_NAMES_KEPT_MAX = 500


def environ_of(scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without its body.

    A header with an underscore is left out: it would be read as the one with a dash, which a
    proxy may have set.
    """
    path = scope["raw_path"]
    client, server = scope["client"] or ("", 0), scope["server"] or ("", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1]),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileAnswer,
    }
    if b"%" in path and b"%2f" in path.lower():
        environ[ENCODED_SLASH] = True
    for header, value in scope["headers"]:
        name = _names.get(header) or _name_of(header)
        if not name:
            continue
        said = value.decode("latin-1")
        if name in environ:
            said = f"{environ[name]}{'; ' if name == 'HTTP_COOKIE' else ','}{said}"
        environ[name] = said
    return environ


def _name_of(header: bytes) -> str:
    header = header.lower()
    if b"_" in header:
        return ""
    name = _BARE.get(header) or f"HTTP_{header.decode('latin-1').upper().replace('-', '_')}"
    if len(_names) < _NAMES_KEPT_MAX:
        _names[header] = name
    return name
