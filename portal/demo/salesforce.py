"""Writes the CRM's accounts, contacts and cases as Salesforce exports, each in another tool's spelling:
API names, upper-case Data Loader and snake_case.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime

from portal.demo.cases import Case
from portal.demo.companies import Company, Person, salesforce_id
from portal.demo.files import Cell, columns, quoted_table, table
from portal.demo.world import World

ACCOUNT = columns("""
Id,IsDeleted,MasterRecordId,Name,Type,ParentId,BillingStreet,BillingCity,BillingState,BillingPostalCode,
BillingCountry,BillingLatitude,BillingLongitude,BillingGeocodeAccuracy,BillingAddress,ShippingStreet,
ShippingCity,ShippingState,ShippingPostalCode,ShippingCountry,ShippingLatitude,ShippingLongitude,
ShippingGeocodeAccuracy,ShippingAddress,Phone,Fax,AccountNumber,Website,PhotoUrl,Industry,AnnualRevenue,
NumberOfEmployees,Description,OwnerId,CreatedDate,CreatedById,LastModifiedDate,LastModifiedById,
SystemModstamp,LastActivityDate,LastViewedDate,LastReferencedDate,IsCustomerPortal,Jigsaw,JigsawCompanyId,
AccountSource,DunsNumber,Tradestyle,NaicsCode,NaicsDesc,YearStarted,SicDesc,DandbCompanyId
""")
CONTACT = columns("""
Id,IsDeleted,MasterRecordId,AccountId,LastName,FirstName,Salutation,Name,OtherStreet,OtherCity,OtherState,
OtherPostalCode,OtherCountry,OtherLatitude,OtherLongitude,OtherGeocodeAccuracy,OtherAddress,MailingStreet,
MailingCity,MailingState,MailingPostalCode,MailingCountry,MailingLatitude,MailingLongitude,
MailingGeocodeAccuracy,MailingAddress,Phone,Fax,MobilePhone,HomePhone,OtherPhone,AssistantPhone,
ReportsToId,Email,Title,Department,AssistantName,LeadSource,Birthdate,Description,OwnerId,
HasOptedOutOfEmail,HasOptedOutOfFax,DoNotCall,CanAllowPortalSelfReg,CreatedDate,CreatedById,
LastModifiedDate,LastModifiedById,SystemModstamp,LastActivityDate,LastCURequestDate,LastCUUpdateDate,
LastViewedDate,LastReferencedDate,EmailBouncedReason,EmailBouncedDate,IsEmailBounced,PhotoUrl,Jigsaw,
JigsawContactId,IndividualId
""")
CASE = columns("""
Id,IsDeleted,CaseNumber,ContactId,AccountId,AssetId,ProductId,EntitlementId,SourceId,BusinessHoursId,
ParentId,SuppliedName,SuppliedEmail,SuppliedPhone,SuppliedCompany,Type,Status,Reason,Origin,
IsVisibleInSelfService,Subject,Priority,Description,IsClosed,ClosedDate,IsEscalated,
HasCommentsUnreadByOwner,HasSelfServiceComments,OwnerId,IsClosedOnCreate,IsSelfServiceClosed,SlaStartDate,
SlaExitDate,IsStopped,StopStartDate,CreatedDate,CreatedById,LastModifiedDate,LastModifiedById,
SystemModstamp,ContactPhone,ContactMobile,ContactEmail,ContactFax,LastViewedDate,LastReferencedDate,
MilestoneStatus
""")
OWNER = salesforce_id("005", 20_004_711)
BOM = "\ufeff"
LOST = "Wagner, Ines"  # a contact whose id got lost on the way: quarantined


def accounts_export(world: World) -> str:
    """Accounts with the API's names and a byte order mark."""
    known = (company for company in world.companies if company.account_id)
    return BOM + table(ACCOUNT, (_account(world, company) for company in known))


def contacts_export(world: World) -> str:
    """Contacts as Data Loader writes them: upper-case names, every cell quoted."""
    cells = [_contact(world, c, person) for c in world.companies for person in c.people] + list(_odd(world))
    rows = ({name.upper(): value for name, value in row.items()} for row in cells)
    return BOM + quoted_table([name.upper() for name in CONTACT], rows, header_too=True)


def cases_export(world: World) -> str:
    """Cases in the snake_case of an ELT tool, newest first."""
    rows = (_case(world, case) for case in reversed(world.cases))
    return table([_snake(name) for name in CASE], ({_snake(k): v for k, v in row.items()} for row in rows))


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _account(world: World, company: Company) -> dict[str, Cell]:
    return {
        "Id": company.account_id,
        "IsDeleted": "false",
        "Name": company.name,
        "Type": "Customer",
        "Phone": company.phone or None,
        "AccountNumber": company.number,
        "Website": f"www.{company.domain}",
        "Industry": company.trade,
        "IsCustomerPortal": "false",
        "PhotoUrl": f"/services/images/photo/{company.account_id}",
        **_address("Billing", company),
        **_address("Shipping", company),
        **_stamps(world, -700, -30 - company.size),
    }


def _contact(world: World, company: Company, person: Person) -> dict[str, Cell]:
    return {
        "Id": person.id,
        "IsDeleted": "false",
        "AccountId": company.account_id,
        "LastName": person.family,
        "FirstName": person.given,
        "Name": person.name,
        "Phone": person.phone,
        "Email": person.email,
        "Title": person.title,
        **_address("Mailing", company),
        **_stamps(world, -690, -20),
    }


def _odd(world: World) -> Iterator[dict[str, Cell]]:
    """Contacts without an account, without an id, and deleted."""
    company = world.companies[10]
    family, given = LOST.split(", ")
    lost = Person("", given, family, f"ines.wagner@{company.domain}", "Purchasing", "")
    left = Person(salesforce_id("003", 40_100_000), "Hugh", "Ellery", f"hugh@{company.domain}", "Owner", "")
    fair = Person(salesforce_id("003", 40_100_001), "Lena", "Fairweather", "lena@fairweather.example", "", "")
    yield _contact(world, company, lost)
    yield _contact(world, company, left) | {"IsDeleted": "true"}
    yield _contact(world, company, fair) | {"AccountId": ""}


def _case(world: World, case: Case) -> dict[str, Cell]:
    now, (kind, subject, text) = world.now, case.topic
    closed = case.closed <= now
    return {
        "Id": salesforce_id("500", 50_000_000 + case.serial),
        "IsDeleted": "true" if case.deleted else "false",
        "CaseNumber": case.number,
        "ContactId": case.person.id if case.person else None,
        "AccountId": case.company.account_id if case.company else None,
        "SuppliedName": case.person.name if case.person else None,
        "SuppliedEmail": case.person.email if case.person else None,
        "Type": kind,
        "Status": case.status(now),
        "Origin": "Email",
        "IsVisibleInSelfService": "false" if case.internal else "true",
        "Subject": subject,
        "Priority": case.priority,
        "Description": text,
        "IsClosed": "true" if closed else "false",
        "ClosedDate": _stamp(world, case.closed, case.minute + 25) if closed else None,
        "ContactEmail": case.person.email if case.person else None,
        **_stamps(world, case.day, *case.moved(now), opened=case.minute),
    }


def _address(kind: str, company: Company) -> dict[str, Cell]:
    parts = {
        "city": company.city, "country": company.country, "geocodeAccuracy": None, "latitude": None,
        "longitude": None, "postalCode": company.postcode, "state": company.region or None,
        "street": company.street,
    }  # fmt: skip
    return {
        f"{kind}Street": company.street,
        f"{kind}City": company.city,
        f"{kind}State": company.region or None,
        f"{kind}PostalCode": company.postcode,
        f"{kind}Country": company.country,
        f"{kind}Address": json.dumps(parts, ensure_ascii=False, separators=(",", ":")),
    }


def _stamps(
    world: World, created: int, moved: int, minute: int = 600, *, opened: int = 545
) -> dict[str, Cell]:
    changed = _stamp(world, moved, minute)
    return {
        "OwnerId": OWNER, "CreatedDate": _stamp(world, created, opened), "CreatedById": OWNER,
        "LastModifiedDate": changed, "LastModifiedById": OWNER, "SystemModstamp": changed,
    }  # fmt: skip


def _stamp(world: World, day: int, minute: int) -> str:
    moment: datetime = world.calendar.at(day, minute).astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"
