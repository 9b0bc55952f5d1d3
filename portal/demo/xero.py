"""Writes the books as Xero exports sales invoices: one row per line, the invoice's totals on each of them."""

from collections.abc import Iterator
from decimal import Decimal

from portal.demo.companies import Company
from portal.demo.files import Cell, columns, quoted_table
from portal.demo.invoices import SALE, Invoice, InvoiceLine
from portal.demo.world import World

HEADER = columns("""
ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,PORegion,
POPostalCode,POCountry,SAAddressLine1,SAAddressLine2,SAAddressLine3,SAAddressLine4,SACity,SARegion,
SAPostalCode,SACountry,InvoiceNumber,Reference,InvoiceDate,DueDate,PlannedDate,Total,TaxTotal,
InvoiceAmountPaid,InvoiceAmountDue,InventoryItemCode,Description,Quantity,UnitAmount,Discount,LineAmount,
AccountCode,TaxType,TaxAmount,TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,Type,
Sent,Status
""")
EXPORT_TAX = "Zero Rated Income"
HOME_TAX = "20% (VAT on Income)"


def invoices_export(world: World) -> str:
    """The sales invoices export, newest first."""
    rows = (row for invoice in reversed(world.invoices) for row in _rows(world, invoice))
    return quoted_table(HEADER, rows, header_too=False)


def _rows(world: World, invoice: Invoice) -> Iterator[dict[str, Cell]]:
    head = _company_cells(invoice.company) | _invoice_cells(world, invoice)
    for line in invoice.lines:
        yield head | _line_cells(invoice.company, line)


def _company_cells(company: Company) -> dict[str, Cell]:
    return {
        "ContactName": company.books_name,
        "EmailAddress": f"accounts@{company.domain}",
        "POAddressLine1": company.street,
        "POCity": company.city,
        "PORegion": company.region,
        "POPostalCode": company.postcode,
        "POCountry": company.country,
        "Currency": company.currency,
        "TrackingName1": "Region",
        "TrackingOption1": {"GB": "UK", "US": "Americas"}.get(company.code, "EU"),
    }


def _invoice_cells(world: World, invoice: Invoice) -> dict[str, Cell]:
    now = world.now
    issued = f"{world.calendar.on(invoice.issued):%d/%m/%Y}"
    terms = max(invoice.company.terms, 7) if invoice.kind == SALE else 0
    status = invoice.status(now)
    return {
        "InvoiceNumber": invoice.number,
        "Reference": invoice.reference,
        "InvoiceDate": f"31/02{issued[5:]}" if invoice.number == world.broken_invoice else issued,
        "DueDate": f"{world.calendar.on(invoice.issued + terms):%d/%m/%Y}",
        "Total": _four(invoice.total),
        "TaxTotal": _four(invoice.tax),
        "InvoiceAmountPaid": _four(invoice.paid(now)),
        "InvoiceAmountDue": _four(invoice.due(now)),
        "Type": invoice.kind,
        "Sent": "" if status == "Draft" else "Sent",
        "Status": status,
    }


def _line_cells(company: Company, line: InvoiceLine) -> dict[str, Cell]:
    return {
        "InventoryItemCode": line.code,
        "Description": line.description,
        "Quantity": _four(Decimal(line.quantity)),
        "UnitAmount": _four(line.unit),
        "Discount": _four(line.percent) if line.percent else "",
        "LineAmount": _four(line.net),
        "AccountCode": line.account,
        "TaxType": HOME_TAX if company.code == "GB" else EXPORT_TAX,
        "TaxAmount": _four(line.tax),
    }


def _four(amount: Decimal) -> str:
    return f"{amount:.4f}"
