"""Signing in by a link or a code from a mail, signing out, choosing the organisation. GET spends nothing."""

import re
from datetime import timedelta

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as AnyResponse

from portal import gate, next_page
from portal.gate import audience, fanlight
from portal.store import passes, people, sessions, sign_in
from portal.store.passes import Pass
from portal.store.sign_in import Entered, Refused, Typed, Visitor
from portal.store.throttle import Blocked
from sync.config import duration

pages = Blueprint("login", __name__)
YEAR = timedelta(days=365)
TRUE = "1"


@pages.after_request
def _tell_nobody(response: Response) -> Response:
    """The address of a sign-in page holds its token: it must not travel in a Referer."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.context_processor
def _for_how_long() -> dict[str, str]:
    """How long "stay signed in" lasts, in words."""
    lasts = duration(fanlight().config.login.remember)
    days = lasts // timedelta(days=1)
    return {"stay_for": f"{days} days" if days > 1 else f"{lasts // timedelta(hours=1)} hours"}


@pages.get("/login")
@audience("public")
def ask() -> ResponseReturnValue:
    """Ask for the address."""
    then = next_page.safe(current_app, request.args.get("next", "/"))
    if gate.signed_in():
        return redirect(request.script_root + then)
    return render_template("login/ask.html", then=then, wrong=False)


@pages.post("/login")
@audience("public")
def send() -> ResponseReturnValue:
    """Send a link and a code, or seem to: the answer is the same for every address."""
    then = next_page.safe(current_app, request.form.get("next", "/"))
    address = request.form.get("email", "").strip()
    if not people.plausible(address):
        return render_template("login/ask.html", then=then, wrong=True), 400
    ours = fanlight()
    asked = sign_in.ask(ours.database, ours.config, address, then, _visitor(), g.now)
    return _on_its_way(asked)


@pages.get("/login/code")
@audience("public")
def code() -> ResponseReturnValue:
    """Say that a mail is on its way, and take its code."""
    found = _asked_here()
    if found is None:
        return redirect(url_for("login.ask"))
    return render_template(
        "login/code.html", address=_address(found), wrong=False, live=found.typeable(g.now)
    )


@pages.post("/login/code")
@audience("public")
def enter_code() -> ResponseReturnValue:
    """Sign in with the code, in the browser that asked for it."""
    found, typed = _asked_here(), _typed()
    if found is None:
        return redirect(url_for("login.ask"), 303)
    if not typed.code:
        return render_template(
            "login/code.html", address=_address(found), wrong=True, live=found.typeable(g.now)
        ), 400
    ours = fanlight()
    entered = sign_in.enter_by_code(ours.database, ours.config, found, typed, _visitor(), g.now)
    if isinstance(entered, Refused):
        live = not entered.dead
        return render_template("login/code.html", address=_address(found), wrong=live, live=live), 400
    return _come_in(entered)


@pages.get("/login/<token>")
@audience("public")
def link(token: str) -> ResponseReturnValue:
    """Show whose link this is and a button. Opening it changes nothing, however often and by whomever."""
    return _link_page(sign_in.behind_link(fanlight().database, token), token)


@pages.post("/login/<token>")
@audience("public")
def enter_link(token: str) -> ResponseReturnValue:
    """Use the link."""
    ours = fanlight()
    found = sign_in.behind_link(ours.database, token)
    if found is None or not found.live(g.now):
        return _link_page(found, token)
    entered = sign_in.enter_by_link(ours.database, ours.config, found, _typed(), _visitor(), g.now)
    if isinstance(entered, Refused):
        return _link_page(sign_in.behind_link(ours.database, token), token, wrong=True)
    return _come_in(entered)


@pages.post("/login/<token>/again")
@audience("public")
def again(token: str) -> ResponseReturnValue:
    """Send a fresh link to the address of an old one."""
    ours = fanlight()
    found = sign_in.behind_link(ours.database, token)
    if found is None or found.purpose == "trusted":
        abort(404)
    return _on_its_way(sign_in.again(ours.database, ours.config, found, _visitor(), g.now), "renewed")


@pages.post("/logout")
@audience("public")
def logout() -> ResponseReturnValue:
    """End this session, in the database and in the browser."""
    row = gate.signed_in()
    if row:
        sessions.end(fanlight().database, row.user_id, row.id, g.now, forget_device=False)
    gate.dismiss()
    return redirect(url_for("login.ask"), 303)


@pages.get("/switch")
@audience("person")
def switch() -> ResponseReturnValue:
    """Let the person choose the organisation; without any, say so plainly."""
    then = next_page.safe(current_app, request.args.get("next", "/"))
    if not g.organisations:
        return render_template("login/nothing.html"), 403
    return render_template("login/switch.html", then=then)


@pages.post("/switch")
@audience("person")
def choose() -> ResponseReturnValue:
    """Work for another of one's own organisations; the session goes on under a new token."""
    wanted = request.form.get("organisation", "")
    chosen = next((o for o in g.organisations if str(o.id) == wanted), None)
    if chosen is None:
        abort(404)
    token = sessions.choose(fanlight().database, g.session, chosen.id, g.now)
    if token is None:
        return redirect(url_for("login.ask"), 303)
    gate.admit(token, lasting=g.session.lasting)
    then = next_page.safe(current_app, request.form.get("next", "/"))
    return redirect(request.script_root + then, 303)


def _visitor() -> Visitor:
    device = fanlight().jar.read(request, "device")
    asked = _mark()
    agent = request.headers.get("User-Agent", "")
    return Visitor(request.remote_addr or "", device, agent, asked, gate.signed_in())


def _typed() -> Typed:
    """The code as typed, spaces and dashes left out; what cannot be a code costs no try."""
    plain = re.sub(r"[\s-]", "", request.form.get("code", ""))
    return Typed(plain if re.fullmatch(r"[0-9]{6}", plain) else "", request.form.get("stay") == TRUE)


def _mark() -> str:
    """What this browser was given when it asked: by typing an address, or by renewing an old link."""
    return fanlight().jar.read(request, "asked") or fanlight().jar.read(request, "renewed")


def _asked_here() -> Pass | None:
    mark = _mark()
    return sign_in.behind_browser(fanlight().database, mark) if mark else None


def _address(found: Pass) -> str:
    """The address where it was typed here; whoever renewed an old link need not be its owner."""
    return found.email_key if fanlight().jar.read(request, "asked") else found.masked


def _on_its_way(asked: str | Blocked, how: str = "asked") -> ResponseReturnValue:
    if isinstance(asked, Blocked):
        return _wait(asked)
    fanlight().postman.wake()
    response = redirect(url_for("login.code"), 303)
    _forget_mark(response)
    fanlight().jar.put(response, how, asked, passes.LIFETIMES["mail"])
    return response


def _wait(blocked: Blocked) -> ResponseReturnValue:
    seconds = int(blocked.wait.total_seconds())
    response = make_response(render_template("login/wait.html", minutes=-(-seconds // 60)), 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _come_in(entered: Entered | Blocked) -> ResponseReturnValue:
    if isinstance(entered, Blocked):
        return _wait(entered)
    gate.admit(entered.token, lasting=entered.terms.lasting)
    response = redirect(request.script_root + next_page.safe(current_app, entered.then), 303)
    fanlight().jar.put(response, "device", entered.device, YEAR)
    _forget_mark(response)
    return response


def _forget_mark(response: AnyResponse) -> None:
    for how in ("asked", "renewed"):
        if fanlight().jar.read(request, how):
            fanlight().jar.drop(response, how)


def _link_page(found: Pass | None, token: str, *, wrong: bool = False) -> ResponseReturnValue:
    if found is None:
        return render_template("login/unknown.html"), 404
    if not found.live(g.now):
        return render_template("login/over.html", token=token, found=found), 410
    needed = sign_in.needs_code(fanlight().database, found, _visitor())
    page = render_template("login/link.html", token=token, found=found, needs_code=needed, wrong=wrong)
    return page, 400 if wrong else 200
