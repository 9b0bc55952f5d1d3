"""Pages in gzip, where that tells nobody anything.

The length of a packed page tells whether two texts on it are alike. A page that repeats what its address says
could so be asked, guess by guess, for what else stands on it: a customer's numbers, a form's token (BREACH).
So a page is packed only where nothing of its address is shown on it: it was found, it is for somebody signed
in, and its question holds at most a place in the list or one of our own words. A search or a date goes out as
it is, and so do sign-in pages and errors.
"""

import gzip

from flask import Flask, Response, current_app, request

from portal.gate import audience_of

SILENT = frozenset({"after", "open", "resolved", "stage", "state", "sort"})  # never shown as they were asked
LEVEL = 5
SMALLEST = 1000  # bytes; less fits into one packet anyway


def install(app: Flask) -> None:
    """Pack answers, after everything else was done to them."""
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if response.status_code != 200 or response.mimetype != "text/html" or not _is_silent():
        return response
    response.vary.add("Accept-Encoding")
    page = response.get_data()
    if len(page) >= SMALLEST and request.accept_encodings.quality("gzip") > 0:
        response.set_data(gzip.compress(page, LEVEL, mtime=0))
        response.content_encoding = "gzip"
    return response


def _is_silent() -> bool:
    """Whether nothing that a stranger may have put into the address is on the page."""
    private = audience_of(current_app, request.endpoint) not in ("public", "person", None)
    return private and request.method in ("GET", "HEAD") and request.args.keys() <= SILENT
