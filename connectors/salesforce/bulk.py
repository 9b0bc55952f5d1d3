"""Large first loads through the Bulk API 2.0: one query job, its CSV page by page, rows as REST tells them.
https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm"""

import csv
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any

from connectors.base import Garbled, Unavailable
from connectors.http import Reply
from connectors.http.patience import span
from connectors.salesforce.org import Org

Flat = dict[str, Any]
PAGE = 2_000  # rows
WAITS = (1.0, 2.0, 5.0, 15.0, 30.0, 60.0)  # seconds between looks at the job; then always the last
LONGEST = 3 * 3600.0  # seconds a job may take
NUMBERS = {"currency", "double", "percent", "int", "long"}
FIELD_LIMIT = 1 << 20  # characters of one value; Salesforce's own texts end at 131,072


def rows(org: Org, question: str, types: Mapping[str, str]) -> Iterator[list[Flat]]:
    """The rows of a query job, a page at a time. ``types``: of the object's fields, by its description."""
    told = {"operation": "queryAll", "query": question, "columnDelimiter": "COMMA", "lineEnding": "LF"}
    job = org.start_job(told).object().get("id")
    if not isinstance(job, str):
        raise Garbled("Salesforce started a query job without an id; nothing was taken")
    announced = _finished(org, f"jobs/query/{job}")
    read, locator = 0, ""
    while True:
        params = {"maxRecords": PAGE, **({"locator": locator} if locator else {})}
        reply = org.fetch(f"jobs/query/{job}/results", params, "text/csv")
        page = _parsed(reply, types)
        read += len(page)
        yield page
        locator = reply.headers.get("Sforce-Locator", "null")
        if locator in ("", "null"):
            break
    if announced is not None and read != announced:
        raise Garbled(f"Salesforce announced {announced} rows and sent {read}; nothing was removed")


def _finished(org: Org, job: str) -> int | None:
    """Wait for the job's end; returns how many rows it found, where it says."""
    begun, looks = org.time.clock(), 0
    while True:
        told = org.fetch(job, {}, "application/json").object()
        match told.get("state"):
            case "JobComplete":
                found = told.get("numberRecordsProcessed")
                return found if isinstance(found, int) else None
            case "Failed" | "Aborted" as state:
                why = org.http.hide(str(told.get("errorMessage") or "no reason given"))[:200]
                raise Unavailable(
                    f"Salesforce's query job ended as {state} ({why}); the next run starts another"
                )
        if org.time.clock() - begun > LONGEST:
            raise Unavailable(
                f"Salesforce's query job takes more than {span(LONGEST)}; the next run starts another"
            )
        org.time.sleep(WAITS[min(looks, len(WAITS) - 1)])
        looks += 1


def _parsed(reply: Reply, types: Mapping[str, str]) -> list[Flat]:
    """The rows of one CSV page; raises Garbled where it holds another number than its header says."""
    before = csv.field_size_limit(FIELD_LIMIT)
    try:
        lines = csv.reader(StringIO(reply.text().replace("\0", ""), newline=""), strict=True)
        head = next(lines, [])
        found = [
            {name: _value(cell, types.get(name, "")) for name, cell in zip(head, line, strict=True)}
            for line in lines
        ]
    except (csv.Error, ValueError):
        raise Garbled("Salesforce sent a CSV page that is broken; nothing was taken") from None
    finally:
        csv.field_size_limit(before)
    announced = reply.headers.get("Sforce-NumberOfRecords", "")
    if announced.isdecimal() and int(announced) != len(found):
        raise Garbled(
            f"Salesforce announced a page of {announced} rows and sent {len(found)}; nothing was taken"
        )
    return found


def _value(cell: str, kind: str) -> Any:
    """A cell as REST would tell it."""
    if cell == "":
        return None
    if kind == "boolean":
        return cell == "true"
    if kind == "datetime":
        return cell.removesuffix("Z") + "+0000" if cell.endswith("Z") else cell
    if kind in NUMBERS:
        try:
            return Decimal(cell)
        except InvalidOperation:
            return cell
    return cell
