"""The portal's style sheet, logo and icon. Public, the same for everybody, cached by their content."""

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from portal import brand, gate
from portal.brand import Served
from portal.look import look

pages = Blueprint("brand", __name__)
DAY, YEAR = 86_400, 31_536_000  # an address with ?v= changes with its content


@pages.get("/brand.css")
@gate.audience("public")
def style() -> AnyResponse:
    """The style sheet in the brand's colours."""
    return _public(brand.sheet(look().config.portal.brand))


@pages.get("/brand/logo")
@gate.audience("public")
def logo() -> AnyResponse:
    """The configured logo; 404 where there is none."""
    path = look().config.portal.brand.logo
    return _public(brand.picture(path)) if path else abort(404)


@pages.get("/brand/icon")
@gate.audience("public")
def icon() -> AnyResponse:
    """The configured icon, else the portal's initial on its colour."""
    return _public(brand.icon(look().config.portal))


def _public(served: Served) -> AnyResponse:
    packed = bool(served.packed) and request.accept_encodings.quality("gzip") > 0
    response = Response(served.packed if packed else served.content, mimetype=served.mimetype)
    if packed:
        response.content_encoding = "gzip"
    if served.packed:
        response.vary.add("Accept-Encoding")
    response.cache_control.public = True
    response.cache_control.max_age = YEAR if "v" in request.args else DAY
    response.cache_control.immutable = "v" in request.args
    response.set_etag(brand.version(served.content) + ("-gzip" if packed else ""))
    return response.make_conditional(request)
