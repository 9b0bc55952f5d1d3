"""``fanlight auth``: a person agrees once, in a browser, that Fanlight may read a source."""

import secrets
import webbrowser
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import click

from connectors.base import Authorisation, Connector, Failure
from sync.cli.app import App, Failed, Taken, WrongUse
from sync.cli.loopback import PATH, Listener, NotOurs, answer_in
from sync.cli.words import plain
from sync.credentials import Kept, borrowing, connect
from sync.database import sealed
from sync.keys import MAKE
from sync.mirror import Busy

PORT = 8765
DENIED = {"access_denied": "nobody agreed"}


@dataclass(frozen=True)
class Question:
    """What ties an answer to this question, and to nobody else's (RFC 7636)."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    @property
    def challenge(self) -> str:
        """The verifier, hashed: it may be shown."""
        return urlsafe_b64encode(sha256(self.verifier.encode()).digest()).decode().rstrip("=")


@click.command("auth")
@click.argument("source")
@click.option(
    "--port", default=PORT, show_default=True, type=click.IntRange(1024, 65535),
    help="Where to wait for the browser; http://localhost:PORT/callback must be registered at the source.",
)  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Only print the address to open.")
@click.option("--paste", is_flag=True, help="There is no browser here: paste the address you were sent to.")
@click.option("--wait", default=300, show_default=True, type=click.IntRange(1, 3600), help="Seconds.")
@click.option("--forget", is_flag=True, help="Throw away the token that is kept instead.")
@click.pass_obj
def auth(app: App, /, source: str, port: int, no_browser: bool, paste: bool, wait: int, forget: bool) -> None:
    """Connect a source that wants a person's consent, or connect it again after it was disconnected.

    Opens the page of the source where you agree, and keeps the token it hands out, sealed. Nothing at the
    source is changed, and what is mirrored stays.

    \b
    Examples: fanlight auth books
              fanlight auth books --paste      on a server without a browser
    Next:     fanlight check sources books

    Exit codes: 0 connected, 1 it did not work, 2 wrong use or config, 75 the source is just being read.
    """
    connector = connect(app.sources((source,))[0], app.config.portal, app.database, app.clock)
    if forget:
        _forget(app, connector)
        return
    authorisation = _authorisation(connector, source)
    try:
        with borrowing(connector):
            if isinstance(connector.credentials, Kept):
                connector.credentials.held()  # now, for a code does not wait
            for line in _connect(authorisation, port, wait, browser=not no_browser, paste=paste):
                click.echo(plain(line))
    except Busy as busy:
        raise Taken(f"{busy}. Then run this again") from busy
    except Failure as problem:
        raise Failed(str(problem)) from problem
    click.echo(f"Next: fanlight check sources {source}")


def _authorisation(connector: Connector, source: str) -> Authorisation:
    authorisation = connector.authorisation()
    if authorisation is None:
        raise WrongUse(
            f"{source} needs nobody's consent: what stands in its [[sources]] table is enough. "
            f"Try it: fanlight check sources {source}"
        )
    if isinstance(connector.credentials, Kept) and connector.credentials.keys is None:
        raise WrongUse(f"there is no key to seal the token with; {MAKE}")
    return authorisation


def _connect(
    authorisation: Authorisation, port: int, wait: int, *, browser: bool, paste: bool
) -> Sequence[str]:
    """Ask, wait for the answer, turn it into a token."""
    question = Question()
    if paste:
        back_to = f"http://localhost:{port}{PATH}"
        click.echo(_invitation(authorisation.address(back_to, question.state, question.challenge)))
        answer = _pasted(question.state)
    else:
        with _listening(port, question.state) as listener:
            back_to = listener.back_to
            address = authorisation.address(back_to, question.state, question.challenge)
            click.echo(_invitation(address))
            if browser:
                webbrowser.open(address)
            click.echo(
                f"Waiting for your browser at {back_to}, {wait // 60 or 1} min at most; Ctrl-C ends it."
            )
            answer = listener.wait(wait) or _nobody_came(wait)
    _refuse_denial(answer)
    return authorisation.redeem(back_to, answer, question.verifier)


def _invitation(address: str) -> str:
    return f"Open this address, sign in to the source, and agree:\n\n  {plain(address)}\n"


def _listening(port: int, state: str) -> Listener:
    try:
        return Listener(port, state)
    except OSError as error:
        raise Failed(
            f"cannot wait at port {port}: {error.strerror}. Take another one with --port (and register its "
            f"http://localhost:PORT{PATH} at the source), or use --paste"
        ) from error


def _pasted(state: str) -> Mapping[str, str]:
    click.echo(
        "Your browser is then sent to an address that begins with http://localhost and shows an error. "
        "Copy that whole address from its address bar. It is not shown here when you paste it."
    )
    address = click.prompt("Address", hide_input=True)
    try:
        return answer_in(address, state)
    except NotOurs:
        raise Failed(
            "this is not the address this question was answered with (its state is another one). Nothing was "
            "kept. Run this again and open the address it prints then"
        ) from None


def _nobody_came(wait: int) -> Mapping[str, str]:
    raise Failed(
        f"nobody came back within {wait} seconds; nothing was kept. Run this again; with --paste where "
        "the browser runs on another machine"
    )


def _refuse_denial(answer: Mapping[str, str]) -> None:
    """The source may send somebody back without a code: they did not agree, or its app is set up badly."""
    if error := answer.get("error"):
        said = answer.get("error_description") or DENIED.get(error, error)
        raise Failed(
            f"the source did not let us in: {said} ({error}). What was kept before stays; run this again"
        )
    if not answer.get("code"):
        raise Failed("the source sent no code back; nothing was kept. Run this again")


def _forget(app: App, connector: Connector) -> None:
    source = connector.settings.id
    try:
        with borrowing(connector):
            if isinstance(connector.credentials, Kept):
                connector.credentials.held()  # a run that goes on would keep its own again
            with app.database.owners() as connection:
                gone = sealed.forget(connection, source)
    except Busy as busy:
        raise Taken(f"{busy}. Then run this again") from busy
    click.echo(f"{source}: the token is thrown away" if gone else f"{source}: there was no token")
