"""The postman: takes mails from the outbox and hands them to the mail server, in a thread of its own.

A page never waits for a mail server. Rights are looked up again before each mail leaves.
"""

import logging
import smtplib
import ssl
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr, parseaddr
from urllib.parse import urlsplit

from portal.gateway import Restamping
from portal.letters import Letter, one_line
from portal.store import devices, outbox, passes, rights, sessions, throttle
from portal.store.health import UNREACHABLE
from portal.store.outbox import Parcel
from sync.config import Config, Mail
from sync.database import Database

log = logging.getLogger(__name__)
TIMEOUT = 15.0  # seconds for each step of talking to the mail server
TIDY = timedelta(days=1)
PAUSE = 30.0  # seconds between looks at the outbox when nobody wakes the postman
GIVE_UP = {"mail": timedelta(hours=1), "invitation": timedelta(days=3)}


class Postman:
    """Sends what is due. ``wake`` returns at once; ``drain`` does the work, anywhere, any number of times."""

    def __init__(
        self, database: Database, config: Config, clock: Callable[[], datetime], *, thread: bool = True
    ) -> None:
        self._database, self._config, self._clock = database, config, clock
        self._secret = config.portal.secret_key.get_secret_value()
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._over = not thread
        self._tidied: datetime | None = None

    def wake(self) -> None:
        """Have the outbox looked at now."""
        self.stand_by()
        self._bell.set()

    def stand_by(self) -> None:
        """Look at the outbox every half minute from now on: what was put back, what the command line queued.

        Called with the first request, so that the thread lives in the process that serves, after any fork."""
        with self._lock:
            if not self._over and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._rounds, name="postman", daemon=True)
                self._thread.start()

    def _rounds(self) -> None:
        while not self._over:
            self._bell.wait(PAUSE)
            self._bell.clear()
            try:
                self.drain()
                self._tidy()
            except UNREACHABLE:
                log.warning("the outbox cannot be read now; trying again in %.0f s", PAUSE)

    def _tidy(self) -> None:
        now = self._clock()
        if self._tidied is None or now - self._tidied >= TIDY:
            tidy(self._database, now)
            self._tidied = now

    def stop(self) -> None:
        """Let the thread end after the mail in hand; what is left stays in the outbox."""
        self._over = True
        self._bell.set()
        if self._thread:
            self._thread.join()

    def drain(self) -> int:
        """Send everything that is due; returns how many mails left."""
        count = 0
        while parcels := self._claim():
            count += sum([self._deliver(parcel) for parcel in parcels])
        return count

    def _claim(self) -> Sequence[Parcel]:
        with self._database.web() as connection:
            if not outbox.waiting(connection, self._clock()):
                return ()
        with self._database.web(write=True) as connection:
            return outbox.claim(connection, self._clock())

    def _deliver(self, parcel: Parcel) -> bool:
        try:
            letter = self._sealed(parcel)
            if letter is None:
                return False
            hand_over(self._config, message(self._config, parcel, letter, self._clock()))
        except Restamping:
            return self._put_back(parcel, "waiting until it is certain which records belong to whom")
        except (smtplib.SMTPException, OSError, ValueError) as e:
            return self._put_back(parcel, describe(e))
        with self._database.web(write=True) as connection:
            outbox.sent(connection, parcel, self._clock())
        return True

    def _sealed(self, parcel: Parcel) -> Letter | None:
        """The letter with its link and code, or None (and dropped) when it should not leave any more."""
        letter = Letter(parcel.subject, parcel.body, parcel.body_html)
        may = rights.of(self._database, self._config, parcel.recipient).any
        kind, _, seed = parcel.event_key.partition(":")
        with self._database.web(write=True) as connection:
            if not may:
                outbox.drop(connection, parcel, "its reader may not sign in any more")
                return None
            if kind in GIVE_UP and not passes.start_clock(connection, self._secret, seed, self._clock()):
                outbox.drop(connection, parcel, "its link was used or replaced")
                return None
        link = f"{self._config.portal.base_url}/login/{passes.link_token(self._secret, seed)}"
        return letter.filled(link, passes.code(self._secret, seed)) if kind in GIVE_UP else letter

    def _put_back(self, parcel: Parcel, error: str) -> bool:
        log.warning("mail %d was not sent (try %d): %s", parcel.id, parcel.attempts, error)
        give_up = GIVE_UP.get(parcel.event_key.partition(":")[0], timedelta(days=3))
        with self._database.web(write=True) as connection:
            outbox.put_back(connection, parcel, error, self._clock(), give_up)
        return False


def message(config: Config, parcel: Parcel, letter: Letter, now: datetime) -> EmailMessage:
    """The mail as it travels: text and HTML, its own id, marked as sent by a program, nothing that tracks."""
    host = urlsplit(config.portal.base_url).hostname or "localhost"
    name, address = parseaddr(config.mail.sender or f"no-reply@{host}")
    mail = EmailMessage(policy=SMTP)
    mail["From"] = formataddr((one_line(name or config.portal.name), address))
    mail["To"] = parcel.recipient
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = f"<{parcel.id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return mail


def hand_over(config: Config, mail: EmailMessage) -> None:
    """Give a mail to the configured mail server, or write it to the terminal."""
    if config.mail.method == "print":
        print(_block(mail), file=sys.stderr, flush=True)
        return
    with _server(config.mail) as server:
        if config.mail.user and config.mail.password:
            server.login(config.mail.user, config.mail.password.get_secret_value())
        server.send_message(mail)


def _server(mail: Mail) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if mail.security == "tls":
        return smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT)
    if mail.security == "starttls":
        server.starttls(context=context)
    return server


def _block(mail: EmailMessage) -> str:
    text = mail.get_body(("plain",))
    lines = [
        f"To: {mail['To']}",
        f"Subject: {mail['Subject']}",
        "",
        *str(text and text.get_content()).splitlines(),
    ]
    return "\n".join(["", "┌─ mail " + "─" * 60, *(f"│ {line}" for line in lines), "└" + "─" * 67])


def describe(error: Exception) -> str:
    """Why a mail was not taken, in one safe line for staff: no password, no mail text."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "the mail server refused user and password: check [mail] user and password"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "the mail server refused the recipient: " + one_line(str(error.recipients))
    if isinstance(error, smtplib.SMTPResponseException):
        return one_line(f"the mail server said {error.smtp_code} {error.smtp_error!r}")
    return one_line(f"{type(error).__name__}: {error}")


def tidy(database: Database, now: datetime) -> None:
    """Forget links, counters, mails, sessions, browsers nobody needs, and addresses only ever typed."""
    with database.staff(write=True) as connection:
        passes.prune(connection, now)
        throttle.prune(connection, now)
        outbox.prune(connection, now)
        sessions.prune(connection, now)
        devices.prune(connection, now)
