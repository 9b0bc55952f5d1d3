"""The portal's colours, logo and icon. Public, the same for everybody, cached by their content."""

from flask import Blueprint, Response, abort, request
from werkzeug.wrappers import Response as AnyResponse

from portal import brand, gate
from portal.brand import Picture
from portal.look import look

pages = Blueprint("brand", __name__)


@pages.get("/brand.css")
@gate.audience("public")
def style() -> AnyResponse:
    """The brand's colours for the style sheet."""
    return _public(Picture(brand.style(look().config.portal.brand).encode(), "text/css"))


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


def _public(picture: Picture) -> AnyResponse:
    response = Response(picture.content, mimetype=picture.mimetype)
    response.cache_control.public = True
    response.cache_control.max_age = 86400
    response.set_etag(brand.version(picture.content))
    return response.make_conditional(request)
