"""Workbooks made from their XML, byte by byte (no library would write half of what the tests need), and real
samples as records."""

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape

import pytest

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_MAIN = "http://purl.oclc.org/ooxml/spreadsheetml/main"
STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
ODS_SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{long}:1.0"'
    for short, long in [("office",) * 2, ("table",) * 2, ("text",) * 2, ("style",) * 2, ("calcext", "calc")]
)
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's days have no zone

LIMITED = """
import json, resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
from connectors.base import Failure
from connectors.exports import Exports
from connectors.records import Account
path = Path(sys.argv[1])
table = {"path": path.name, "record": "account", "map": {"id": "Id", "fields": {"name": "Id"}}}
told = {"id": "s", "label": "S", "kind": "exports", "settle": 0, "files": [table]}
source = Exports(Exports.Settings.model_validate(told, context={"folder": path.parent}))
try:
    rows = [row for page in source.pull(Account, None) for row in page.rows]
    for row in rows:
        source.map(Account, row.raw)
    print(json.dumps(["read", str(len(rows))]))
except Failure as e:
    print(json.dumps([type(e).__name__, str(e)]))
"""


@dataclass(frozen=True)
class Xml:
    """A cell as XML; ``{at}`` stands for its address."""

    text: str


def letters(column):
    """0 → A, 26 → AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def zipped(parts, **options):
    """An archive of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def xlsx_cell(value, at):
    """One cell of a worksheet."""
    if isinstance(value, Xml):
        return value.text.replace("{at}", at)
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f'<c r="{at}" s="2"><v>{(value - EPOCH).total_seconds() / 86400!r}</v></c>'
    if isinstance(value, date):
        return f'<c r="{at}" s="1"><v>{(value - EPOCH.date()).days}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value!r}</v></c>'
    return (
        f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>' if value else ""
    )


def worksheet(rows, before="", after="", space=MAIN):
    """A worksheet part; ``rows`` may also be XML."""
    if not isinstance(rows, str):
        rows = "".join(
            f'<row r="{n}">' + "".join(xlsx_cell(v, f"{letters(c)}{n}") for c, v in enumerate(row)) + "</row>"
            for n, row in enumerate(rows, 1)
        )
    return f'<worksheet xmlns="{space}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'


def xlsx_parts(sheets, *, hidden=(), strict=False, before="", after="", epoch=""):
    """The parts of an XLSX with these sheets, by name."""
    space, links = (STRICT_MAIN, STRICT_LINKS) if strict else (MAIN, LINKS)
    state = {name: "hidden" if name in hidden else "visible" for name in sheets}
    listed = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" state="{state[name]}" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, 1)
    )
    linked = "".join(
        f'<Relationship Id="rId{n}" Type="{links}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n, _ in enumerate(sheets, 1)
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1"'
        f' Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{links}">{epoch}<sheets>{listed}</sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{linked}'
        f'<Relationship Id="rId999" Type="{links}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{space}"><cellXfs count="3"><xf numFmtId="0"/>'
        '<xf numFmtId="14"/><xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for n, rows in enumerate(sheets.values(), 1):
        parts[f"xl/worksheets/sheet{n}.xml"] = worksheet(rows, before, after, space)
    return parts


def ods_cell(value):
    """One cell of an ODS table."""
    if isinstance(value, Xml):
        return value.text
    if isinstance(value, bool):
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value!r}"/>'
    text = f"<text:p>{escape(value)}</text:p>" if value else ""
    return (
        f'<table:table-cell office:value-type="string">{text}</table:table-cell>'
        if value
        else "<table:table-cell/>"
    )


def ods_parts(sheets, *, hidden=(), manifest=""):
    """The parts of an ODS with these sheets, by name."""
    tables = ""
    for name, rows in sheets.items():
        if not isinstance(rows, str):
            rows = "".join(
                f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows
            )
        style = "gone" if name in hidden else "here"
        tables += f'<table:table table:name="{escape(name)}" table:style-name="{style}">{rows}</table:table>'
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table">'
        f'<style:table-properties table:display="{shown}"/></style:style>'
        for name, shown in (("here", "true"), ("gone", "false"))
    )
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:manifest">'
        f"{manifest}</manifest:manifest>",
        "content.xml": f"<office:document-content {ODS_SPACES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:spreadsheet>{tables}</office:spreadsheet>"
        "</office:body></office:document-content>",
    }


class Books:
    """What the tests make workbooks with."""

    Xml, MAIN, LINKS = Xml, MAIN, LINKS
    zipped = staticmethod(zipped)
    xlsx_parts = staticmethod(xlsx_parts)
    ods_parts = staticmethod(ods_parts)

    def xlsx(self, *rows, **told):
        """An XLSX of one sheet with these rows."""
        return zipped(xlsx_parts({"Sheet1": rows}, **told))

    def ods(self, *rows, **told):
        """An ODS of one sheet with these rows."""
        return zipped(ods_parts({"Sheet1": rows}, **told))


@pytest.fixture(scope="session")
def books():
    """Workbooks, made cell by cell."""
    return Books()


TOLD = {"timezone": "Europe/Berlin", "date_order": "dmy", "tax": "excluded", "currency": "EUR"}


@pytest.fixture
def sample(shared, read):
    """Read a sample beside the repository as its records, with what it does not say itself."""

    def sample(path, record, **told):
        return read(shared.source({"path": "samples/" + path, **TOLD, **told}), record).records

    return sample


@pytest.fixture(params=["xlsx", "ods"])
def kind(request):
    """Each kind of workbook."""
    return request.param


@pytest.fixture
def opened(tmp_path):
    """What becomes of these bytes within 30 seconds and 700 MB of address space."""

    def opened(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        ran = subprocess.run(
            [sys.executable, "-c", LIMITED, str(path)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr[-2000:]
        return json.loads(ran.stdout)

    return opened
