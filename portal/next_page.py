"""Where to go after signing in: a page of this portal, else the start page; nowhere else, ever."""

import re
from urllib.parse import unquote

from flask import Flask, Request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*")
LONGEST = 1000


def here(request: Request) -> str:
    """This page, as ``next``: its path inside the portal with its question."""
    query = request.query_string.decode("ascii", "replace")
    return f"{request.path}?{query}" if query else request.path


def safe(app: Flask, wanted: str) -> str:
    """``wanted`` where it is a page of ours, else '/'; judged before and after decoding."""
    plain = unquote(wanted)
    odd = any(not c.isprintable() or c == "\\" for c in plain) or plain.startswith("//")
    if odd or len(wanted) > LONGEST or not PATH.fullmatch(wanted):
        return "/"
    return wanted if _is_page(app, plain.partition("?")[0]) else "/"


def _is_page(app: Flask, path: str) -> bool:
    try:
        endpoint, _ = app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return getattr(app.view_functions.get(endpoint), "audience", "public") not in ("public", "person")
