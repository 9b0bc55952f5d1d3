"""A wholesaler's exports, the same for the same seed: accounts, contacts, orders with their lines in a file of
their own, invoices.

    python bench/sync/workload.py FOLDER --orders 100000

    FOLDER/v1/*.csv        the first full export
    FOLDER/v2/*.csv        the export of a day later: 1 % of the records changed, 0.1 % new, 0.1 % gone
    FOLDER/delta/*.csv     only what is changed or new in v2
    FOLDER/expected.json   how many records are new, changed and gone, and how many data rows there are

There are half as many invoices as orders, a contact for every 50 orders, an account for every 200. An order has
one to five lines, three on average. Written row by row: a workload of any size needs no memory to speak of.
"""

import argparse
import csv
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

COLUMNS = {
    "accounts": "id,name,account_number,phone,city,updated_at",
    "contacts": "id,account_id,first_name,last_name,email,phone,title,updated_at",
    "orders": "id,number,account_id,status,financial_status,placed_at,updated_at,expected_delivery,currency,"
    "subtotal,tax,total,carrier,tracking_number,po_number,note",
    "lines": "id,order_id,line_no,sku,description,quantity,unit_price,line_total",
    "invoices": "id,number,order_number,account_id,issue_date,due_date,currency,total,amount_paid,amount_due,"
    "status,updated_at",
}
VERSIONS = ("v1", "v2", "delta")
STATUSES = ("open", "confirmed", "picking", "packed", "shipped", "delivered", "delivered", "delivered")
PAID = ("pending", "paid", "paid", "partially_paid")
CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP")
CARRIERS = ("DHL", "UPS", "DPD", "GLS")
FIRST = "Ana Björn Chloé Dmitri Elif Grete Hiro Inés Kaja Łukasz Noor Priya Søren".split()
LAST = "Almeida Becker Çelik Dupont Fischer García Håkansson Kowalski Müller O'Brien Rossi Ünal".split()
NOUNS = ("Bracket", "Valve", "Gasket", "Bearing", "Hose", "Sensor", "Pump, inline", 'Pipe 3/4"')
NOTES = ('Leave at gate 3, ask for "Max"', "Livraison à l'étage, téléphoner\nавант", "deliver before noon")
START = datetime(2023, 1, 1, tzinfo=UTC)
CHANGED_AT = "2026-01-02T08:00:00Z"

Row = list[str]
Record = list[tuple[str, Row]]  # the table and the cells of each row it is made of


def money(cents: int) -> str:
    """12345 → 123.45."""
    return f"{cents // 100}.{cents % 100:02}"


def moment(seconds: int) -> str:
    """Seconds after the start, as the sources write a time."""
    return f"{START + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"


def account(n: int, pick: Random, sizes: Counter[str]) -> Record:  # noqa: ARG001 - as contacts and orders are made
    """One customer. ``sizes`` are those of the first export."""
    name = f"{pick.choice(LAST)} {pick.choice(NOUNS)} {pick.choice(('GmbH', 'Ltd', 'S.A.', '& Sons, Inc.'))}"
    cells = [f"001{7_000_000 + 13 * n:012}AAE", name, f"AC{n:06}", f"+44 {pick.randrange(10**9, 10**10)}"]
    return [("accounts", [*cells, "Gdańsk", moment(pick.randrange(80_000_000))])]


def contact(n: int, pick: Random, sizes: Counter[str]) -> Record:
    """One person of a customer."""
    owner = account_id(pick, sizes)
    cells = [
        f"003{9_000_000 + 7 * n:012}AAE",
        owner,
        pick.choice(FIRST),
        pick.choice(LAST),
        f"c{n}@example.net",
    ]
    phone, title = f"+49 {pick.randrange(10**9, 10**10)}", pick.choice(("Buyer", "Director", ""))
    return [("contacts", [*cells, phone, title, moment(pick.randrange(80_000_000))])]


def account_id(pick: Random, sizes: Counter[str]) -> str:
    """A few big customers, a long tail."""
    number = min(int(pick.paretovariate(1.2) * sizes["accounts"] / 20), sizes["accounts"] - 1)
    return f"001{7_000_000 + 13 * number:012}AAE"


def order(n: int, pick: Random, sizes: Counter[str]) -> Record:
    """One order, rising numbers like a shop's, and its lines."""
    ident, placed = str(5_000_000_000_000 + 2_003 * n), 90 * n
    lines = [line(ident, n, number, pick) for number in range(1, pick.randrange(1, 6) + 1)]
    cents = sum(int(cells[-1].replace(".", "")) for _, cells in lines)
    status, note = pick.choice(STATUSES), pick.random()
    sent = status in ("shipped", "delivered")
    tracking = f"1Z{pick.randrange(10**14):014}" if sent else ""
    cells = [
        ident,
        f"SO-{100_000 + n:08}",
        account_id(pick, sizes),
        status,
        pick.choice(PAID),
        moment(placed),
    ]
    cells += [moment(placed + pick.randrange(60, 2_000_000)), moment(placed + 900_000)[:10]]
    cells += [pick.choice(CURRENCIES), money(cents), money(cents // 5), money(cents + cents // 5)]
    cells += [pick.choice(CARRIERS) if sent else "", tracking, f"PO/{pick.randrange(99_999):05}"]
    return [("orders", [*cells, NOTES[int(note * 30)] if note < 0.1 else ""]), *lines]


def line(order_id: str, n: int, number: int, pick: Random) -> tuple[str, Row]:
    """One line of an order."""
    sku, quantity, price = pick.randrange(8_000), pick.randrange(1, 50), pick.randrange(50, 90_000)
    name = f"{NOUNS[sku % 8]} DN{15 + sku % 7 * 5}, grade {sku % 4}"
    cells = [str(11_000_000_000_000 + 10 * n + number), order_id, str(number), f"SKU-{sku:05}", name]
    return "lines", [*cells, str(quantity), money(price), money(price * quantity)]


def invoice(n: int, pick: Random, sizes: Counter[str]) -> Record:
    """One invoice under a random GUID: the file's order is not the index's."""
    bits, issued, cents = f"{pick.getrandbits(128):032x}", 180 * n, pick.randrange(1_000, 9_000_000)
    guid = f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
    paid = cents if pick.random() < 0.7 else 0
    cells = [guid, f"INV-{n:07}", f"SO-{100_000 + 2 * n:08}", account_id(pick, sizes), moment(issued)[:10]]
    cells += [moment(issued + 2_592_000)[:10], pick.choice(CURRENCIES), money(cents), money(paid)]
    return [("invoices", [*cells, money(cents - paid), "PAID" if paid else "AUTHORISED", moment(issued)])]


def changed(record: Record) -> Record:
    """What a day at the source does to a record."""
    (table, first), *lines = record
    cells = dict(zip(COLUMNS[table].split(","), first, strict=True))
    cells["updated_at"] = CHANGED_AT
    if table == "orders":
        cells |= {"status": "shipped" if cells["status"] != "shipped" else "delivered"}
        cells |= {"carrier": "DHL", "tracking_number": "1Z" + cells["id"]}
        lines[0][1][4] += ", revised"
    elif table == "invoices":
        cells |= {"number": cells["number"] + "-R", "status": "AUTHORISED"}
    else:
        cells["phone"] = "+44 1111111111"
    return [(table, list(cells.values())), *lines]


MAKERS: dict[str, Callable[[int, Random, Counter[str]], Record]] = {
    "accounts": account, "contacts": contact, "orders": order, "invoices": invoice,
}  # fmt: skip


def fates(size: int) -> Iterator[tuple[int, str]]:
    """Every record's number, and what becomes of it from v1 to v2."""
    for n in range(size + max(1, size // 1000)):
        if n >= size:
            yield n, "new"
        else:
            yield n, "changed" if n % 100 == 7 else "gone" if n % 1000 == 500 else "unchanged"


def write(folder: Path, orders: int, seed: int = 7) -> None:
    """Write the whole workload."""
    sizes = Counter(accounts=orders // 200, contacts=orders // 50, orders=orders, invoices=orders // 2)
    expected = {name: Counter[str]() for name in MAKERS}
    with ExitStack() as stack:
        sheets = {
            (v, table): sheet(stack, folder / v / f"{table}.csv") for v in VERSIONS for table in COLUMNS
        }
        for name, make in MAKERS.items():
            pick = Random(seed)
            for n, fate in fates(sizes[name]):
                record = make(n, pick, sizes)
                write_record(sheets, record, fate, expected[name])
    (folder / "expected.json").write_text(json.dumps(expected, indent=1))


def write_record(
    sheets: dict[tuple[str, str], Callable[[Row], object]], record: Record, fate: str, told: Counter[str]
) -> None:
    """Put one record into the versions it is in."""
    told[fate] += 1
    if fate != "new":
        told["v1_rows"] += put(sheets, "v1", record)
    if fate == "changed":
        record = changed(record)
    if fate != "gone":
        told["v2_rows"] += put(sheets, "v2", record)
    if fate in ("new", "changed"):
        told["delta_rows"] += put(sheets, "delta", record)


def put(sheets: dict[tuple[str, str], Callable[[Row], object]], version: str, record: Record) -> int:
    """Write a record's rows; how many there are."""
    for table, cells in record:
        sheets[version, table](cells)
    return len(record)


def sheet(stack: ExitStack, path: Path) -> Callable[[Row], object]:
    """A new CSV file with its header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = csv.writer(stack.enter_context(path.open("w", newline="", encoding="utf-8")))
    writer.writerow(COLUMNS[path.stem].split(","))
    return writer.writerow


def prepared(orders: int) -> Path:
    """A folder with a workload of this size, written where there is none yet."""
    data = Path(tempfile.gettempdir()) / f"fanlight-bench-{orders}"
    if not (data / "expected.json").exists():
        write(data, orders)
    return data


if __name__ == "__main__":
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("folder", type=Path)
    told.add_argument("--orders", type=int, default=100_000)
    told.add_argument("--seed", type=int, default=7)
    asked = told.parse_args()
    write(asked.folder, asked.orders, asked.seed)
