"""A fake Salesforce: one org behind its token endpoint, REST queries, descriptions and Bulk 2.0 query jobs,
with sessions that end, locators that die with them, a daily limit, and errors in its own words."""

import csv
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import count
from typing import Any
from urllib.parse import urlencode

import jwt
from fakes.salesforce_org import OBJECTS, Org, Row, written_in_bulk
from fakes.salesforce_soql import Query, Refusal
from fakes.vendor import START, Answer, Asked, Vendor, told

LOCATORS = 10  # open ones a user may have; the oldest dies
ADDRESS = 16_384  # bytes an address may have


class FakeSalesforce(Vendor):
    """``org`` holds its rows. ``batch``: rows on a page (theirs: 2,000). ``limit``: calls of 24 hours."""

    def __init__(self, now: datetime = START, *, batch: int = 2000, limit: int = 100_000) -> None:
        super().__init__(now)
        self.org = Org(self.clock)
        self.batch, self.limit, self.used = batch, limit, 16
        self.client_id, self.client_secret, self.public_key = "3MVG9client", "its-client-secret", ""
        self.lets_in = True
        self._sessions: set[str] = set()
        self._made = count(1)
        self._locators: dict[str, tuple[str, Query, list[Row], int]] = {}  # name → session, rest
        self._jobs: dict[str, tuple[Query, list[Row], int]] = {}
        self.looks_until_done = 2

    def end_sessions(self) -> None:
        """Every session ends now, and its locators with it."""
        self._sessions.clear()
        self._locators.clear()

    def revoke(self) -> None:
        """The app lets nobody in any more."""
        self.lets_in = False
        self.end_sessions()

    def reads(self, asked: Asked) -> bool:
        """GET, the token endpoint, and query jobs."""
        if asked.method == "POST" and asked.path.endswith("/jobs/query"):
            return bool(asked.json().get("operation") in ("query", "queryAll"))
        return super().reads(asked) or (asked.method == "POST" and asked.path == "/services/oauth2/token")

    def answer(self, asked: Asked) -> Answer:
        """Salesforce's own answer."""
        if asked.path == "/services/oauth2/token":
            return self._token(asked)
        session = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if session not in self._sessions:
            return refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.used >= self.limit:
            return refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        if len(asked.path) + len(urlencode(asked.query)) > ADDRESS:
            return refusal(414, "URI_TOO_LONG", "URI Too Long")
        self.used += 1
        try:
            answer = self._resource(asked, session)
        except Refusal as wrong:
            answer = refusal(400, wrong.code, str(wrong))
        return _with(answer, {"Sforce-Limit-Info": f"api-usage={self.used}/{self.limit}"})

    def faulty(self, fault: str, asked: Asked) -> Answer:
        """Throttling and refusals in Salesforce's form."""
        match fault:
            case "401":
                self.end_sessions()
                return refusal(401, "INVALID_SESSION_ID", "Session expired or invalid")
            case "403":
                return refusal(403, "INSUFFICIENT_ACCESS", "insufficient access rights")
            case "throttle_day":
                return refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
            case "error200":
                return told([{"message": "An unexpected error occurred.", "errorCode": "UNKNOWN_EXCEPTION"}])
        return super().faulty(fault, asked)

    def _token(self, asked: Asked) -> Answer:
        form = asked.form
        if not self.lets_in:
            return told({"error": "invalid_grant", "error_description": "no client credentials user"}, 400)
        if form.get("grant_type") == "client_credentials":
            if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
                return told(
                    {"error": "invalid_client", "error_description": "invalid client credentials"}, 400
                )
        else:
            try:
                self._verify(form["assertion"])
            except jwt.PyJWTError as wrong:
                return told({"error": "invalid_grant", "error_description": str(wrong)}, 400)
        session = f"00Dx0000000BV7z!session-number-{next(self._made)}"
        self._sessions.add(session)
        issued = str(int(self.now.timestamp() * 1000))
        return told(
            {"access_token": session, "instance_url": self.url, "token_type": "Bearer", "issued_at": issued}
        )

    def _verify(self, assertion: str) -> None:
        """A JWT as theirs has to be: signed, for this audience, not ended by the org's own clock."""
        audience, own_clock = "https://login.salesforce.com", {"verify_exp": False}
        claims = jwt.decode(assertion, self.public_key, ["RS256"], audience=audience, options=own_clock)
        if claims["iss"] != self.client_id or claims["exp"] < self.now.timestamp():
            raise jwt.ExpiredSignatureError("expired authorization code")

    def _resource(self, asked: Asked, session: str) -> Answer:
        match asked.path.strip("/").split("/")[3:]:
            case ["query" | "queryAll" as how]:
                query, rows = self.org.run(asked.query["q"], deleted=how == "queryAll")
                return self._page(query, rows, session, how)
            case ["query" | "queryAll" as how, locator]:
                if locator not in self._locators or self._locators[locator][0] != session:
                    return refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
                _, query, rows, at = self._locators.pop(locator)
                return self._page(query, rows, session, how, at)
            case ["sobjects", table, "describe"] if table in self.org.fields:
                return written(describe(self.org, table))
            case ["jobs", "query"]:
                query, rows = self.org.run(
                    asked.json()["query"], deleted=asked.json()["operation"] == "queryAll"
                )
                job = f"750R0000000z{next(self._made):05}"
                self._jobs[job] = (query, rows, self.looks_until_done)
                return written({"id": job, "state": "UploadComplete", "object": query.table})
            case ["jobs", "query", job]:
                return self._job(job)
            case ["jobs", "query", job, "results"]:
                return self._results(job, asked.query)
        return refusal(404, "NOT_FOUND", "The requested resource does not exist")

    def _page(self, query: Query, rows: list[Row], session: str, how: str, at: int = 0) -> Answer:
        if not query.fields:
            return written({"totalSize": len(rows), "done": True, "records": []})
        some, end = rows[at : at + self.batch], at + self.batch
        found = [self.org.told(query.table, row, query.fields) for row in some]
        body: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
        if end < len(rows):
            name = f"01gB00000{next(self._made):06}-{end}"
            self._locators[name] = (session, query, rows, end)
            while len(self._locators) > LOCATORS:
                del self._locators[next(iter(self._locators))]
            body["nextRecordsUrl"] = f"/services/data/v64.0/{how}/{name}"
        return written({**body, "records": found})

    def _job(self, job: str) -> Answer:
        query, rows, looks = self._jobs[job]
        self._jobs[job] = (query, rows, looks - 1)
        state = "InProgress" if looks > 0 else "JobComplete"
        done = {"numberRecordsProcessed": len(rows)} if looks <= 0 else {}
        return written({"id": job, "state": state, "object": query.table, **done})

    def _results(self, job: str, asked: Mapping[str, str]) -> Answer:
        query, rows, _ = self._jobs[job]
        at, size = int(asked.get("locator") or 0), int(asked.get("maxRecords") or 10_000)
        some, end = rows[at : at + size], at + size
        text = StringIO(newline="")
        sheet = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        sheet.writerow(query.fields)
        sheet.writerows([written_in_bulk(self.org.value(row, name)) for name in query.fields] for row in some)
        headers = {
            "Content-Type": "text/csv",
            "Sforce-NumberOfRecords": str(len(some)),
            "Sforce-Locator": str(end) if end < len(rows) else "null",
        }
        return Answer(200, text.getvalue().encode(), headers)


def describe(org: Org, table: str) -> dict[str, Any]:
    """What the description of an object says of its fields."""
    fields = [
        {
            "name": name,
            "type": kind,
            "relationshipName": name.removesuffix("Id") if kind == "reference" else None,
        }
        for name, kind in org.fields[table].items()
    ]
    return {"name": table, "keyPrefix": OBJECTS[table][0], "queryable": True, "fields": fields}


def refusal(status: int, code: str, message: str) -> Answer:
    """An error as the REST API words it: a list of one."""
    return told([{"message": message, "errorCode": code}], status)


def written(value: Any) -> Answer:
    """JSON with numbers as they are."""
    body = json.dumps(value, default=lambda one: float(one) if isinstance(one, Decimal) else str(one))
    return Answer(200, body.encode(), {"Content-Type": "application/json;charset=UTF-8"})


def _with(answer: Answer, headers: Mapping[str, str]) -> Answer:
    return Answer(answer.status, answer.body, {**answer.headers, **headers})
