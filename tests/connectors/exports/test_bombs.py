"""Workbooks made to fill the memory or to take forever: each is refused, in a process of limited size."""

import io
import zipfile

import pytest

HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>Id</t></is></c></row>'


def rows_of(books, xml, strings="", **told):
    """An XLSX with these rows, written by hand."""
    parts = books.xlsx_parts({"S": xml}, **told)
    if strings:
        link = (
            '<Relationship Id="rId998" Type="{}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
        )
        place = "xl/_rels/workbook.xml.rels"
        parts[place] = parts[place].replace("</Relationships>", link.format(books.LINKS))
        parts["xl/sharedStrings.xml"] = strings
    return parts


def inflated(books):
    """300 MB of blanks in 300 KB."""
    parts = rows_of(books, HEAD)
    return books.zipped(parts | {"xl/worksheets/sheet1.xml": b" " * (300 << 20)})


def lying(books):
    """The same, said to be 10 bytes."""
    content = bytearray(inflated(books))
    size = (300 << 20).to_bytes(4, "little")
    while (at := content.find(size)) >= 0:
        content[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(content)


def noise(books):
    """Much text that does not pack well: no part of it is odd, but there is too much of all."""
    row = "".join(f'<c r="A{n}"><v>{n * 7919 % 1_000_003}.{n}</v></c>' for n in range(40_000))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, part in rows_of(books, HEAD).items():
            archive.writestr(name, part)
        for n in range(120):
            archive.writestr(f"xl/worksheets/more{n}.xml", row)
    return buffer.getvalue()


def wide(books):
    """Every column there is, in a hundred rows: no part of it is odd."""
    cells = "".join(f"<c><v>{n * 7919 % 1_000_003}</v></c>" for n in range(16_384))
    return books.zipped(rows_of(books, HEAD + f"<row>{cells}</row>" * 100))


def entities(books, part, content):
    """A workbook with a part that tells entities of its own: one of many, or one long one again and again."""
    told = f'<!DOCTYPE x [<!ENTITY a "{"ha" * 50_000}"><!ENTITY b "{"&a;" * 50}">]>'
    return books.zipped(rows_of(books, HEAD) | {part: told + content.format("&a;" * 40_000)})


BOMBS = {
    "a part that unpacks to 300 MB": ("a.xlsx", inflated, "unpacks to far more"),
    "a part that lies about its size": ("a.xlsx", lying, "cannot be unpacked"),
    "many parts that are large together": ("a.xlsx", noise, "holds more than 160 MB"),
    "five thousand parts": (
        "a.xlsx",
        lambda books: books.zipped(rows_of(books, HEAD) | {f"x{n}.xml": "" for n in range(5000)}),
        "an archive of 50",
    ),
    "a cell in the farthest corner": (
        "a.xlsx",
        lambda books: books.zipped(
            rows_of(books, HEAD + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
        ),
        "1048576 rows and 16384 columns",
    ),
    "cells without addresses, far too many in a row": (
        "a.xlsx",
        lambda books: books.zipped(
            rows_of(books, HEAD + "<row>" + "<c/>" * 400_000 + "</row>" + "<row/>" * 99)
        ),
        "101 rows and 400000 columns",
    ),
    "everything merged": (
        "a.xlsx",
        lambda books: books.zipped(
            rows_of(
                books,
                HEAD + '<row r="2000"><c r="ZZ2000"><v>1</v></c></row>',
                after='<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
            )
        ),
        "merged with others",
    ),
    "four thousand million announced texts": (
        "a.xlsx",
        lambda books: books.zipped(
            rows_of(
                books, HEAD, f'<sst xmlns="{books.MAIN}" uniqueCount="4000000000"><si><t>x</t></si></sst>'
            )
        ),
        "announces more than",
    ),
    "one long text in every cell": (
        "a.xlsx",
        lambda books: books.zipped(
            rows_of(
                books,
                HEAD + "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(2, 9000)),
                f'<sst xmlns="{books.MAIN}"><si><t>{"long text " * 9_000}</t></si></sst>',
            )
        ),
        "show more than 200 MB of text",
    ),
    "entities within entities": (
        "a.xlsx",
        lambda books: books.zipped(
            rows_of(books, HEAD)
            | {
                "xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
                "<workbook><sheets><sheet name='&b;'/></sheets></workbook>"
            }
        ),
        "announces more than",
    ),
    "a long entity again and again in the texts": (
        "a.xlsx",
        lambda books: entities(
            books, "xl/sharedStrings.xml", f'<sst xmlns="{books.MAIN}"><si><t>{{}}</t></si></sst>'
        ),
        "announces more than",
    ),
    "a long entity again and again in the cells": (
        "a.xlsx",
        lambda books: entities(books, "xl/worksheets/sheet1.xml", "<worksheet><v>{}</v></worksheet>"),
        "announces more than",
    ),
    "a long entity again and again in an ODS": (
        "a.ods",
        lambda books: entities(books, "content.xml", "<content>{}</content>"),
        "announces more than",
    ),
    "all columns of a hundred rows": ("a.xlsx", wide, "101 rows and 16384 columns"),
    "half a million elements within each other": (
        "a.xlsx",
        lambda books: books.zipped(
            rows_of(books, HEAD) | {"xl/workbook.xml": "<a>" * 500_000 + "</a>" * 500_000}
        ),
        "a.xlsx",
    ),
    "an ODS of all columns in a hundred rows": (
        "a.ods",
        lambda books: books.zipped(
            books.ods_parts(
                {
                    "S": '<table:table-row table:number-rows-repeated="100"><table:table-cell'
                    ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
                    "</table:table-row>"
                }
            )
        ),
        "100 rows and 16384 columns",
    ),
    "an ODS table that never ends": (
        "a.ods",
        lambda books: books.zipped(
            (parts := books.ods_parts({"S": [("Id",)]}))
            | {"content.xml": parts["content.xml"].replace("</table:table>", "</tagle:table>")}
        ),
        "cannot be unpacked",
    ),
    "an ODS row repeated a million times": (
        "a.ods",
        lambda books: books.zipped(
            books.ods_parts(
                {
                    "S": '<table:table-row table:number-rows-repeated="1048576"><table:table-cell'
                    ' table:number-columns-repeated="16384" office:value-type="float" office:value="1"/>'
                    "</table:table-row>"
                }
            )
        ),
        "1048576 rows and 16384 columns",
    ),
    "an ODS cell far to the right": (
        "a.ods",
        lambda books: books.zipped(
            books.ods_parts(
                {
                    "S": '<table:table-row><table:table-cell table:number-columns-repeated="999999999"/>'
                    "<table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>"
                }
            )
        ),
        "1000000000 columns",
    ),
}


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda name: name.replace(" ", "-"))
def test_a_bomb_is_refused_within_its_limits(opened, books, bomb):
    name, made, says = BOMBS[bomb]
    kind, said = opened(name, made(books))
    assert kind in ("Refused", "Garbled")
    assert name in said and says in said


@pytest.mark.parametrize("reference", ["A1:XFD1048576", "A1", "B7:A1"])
def test_a_wrong_dimension_tag_is_not_believed(opened, books, reference):
    parts = rows_of(books, HEAD, before=f'<dimension ref="{reference}"/>')
    assert opened("a.xlsx", books.zipped(parts)) == ["read", "0"]


def test_what_an_ods_repeats_below_and_beside_its_table_costs_nothing(opened, books):
    parts = books.ods_parts({"S": [("Id", "Name"), ("1", "Ann")]})
    blank = '<table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
    below = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell'
    below += ' table:number-columns-repeated="16384"/></table:table-row></table:table>'
    content = parts["content.xml"].replace("</table:table-row>", blank).replace("</table:table>", below)
    assert opened("a.ods", books.zipped(parts | {"content.xml": content})) == ["read", "1"]
