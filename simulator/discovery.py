"""Google's discovery documents at their two addresses, as its own library ships them."""

from __future__ import annotations

import re
from importlib.resources import files

from werkzeug.wrappers import Response

from simulator.answers import NOT_FOUND, Failure

VERSIONS = {"gmail": "v1", "admin": "directory_v1"}
"""The simulated APIs."""
PATHS = ("/$discovery/rest", "/discovery/v1/apis/")


def document(host: str, path: str, version: str | None) -> Response:
    """``host`` names the API of a document at its own address; elsewhere the path does. Raises Failure."""
    old = re.fullmatch(r"/discovery/v1/apis/(\w+)/(\w+)/rest", path)
    api, wanted = old.groups() if old else (host.partition(".")[0], version)
    if api not in VERSIONS or wanted != VERSIONS[api]:
        raise Failure(*NOT_FOUND)
    shipped = files("googleapiclient.discovery_cache.documents") / f"{api}.{wanted}.json"
    return Response(shipped.read_bytes(), mimetype="application/json")
