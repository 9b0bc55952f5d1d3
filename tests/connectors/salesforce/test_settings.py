"""The TOML of a Salesforce source: what is wrong is told with its cure."""

import pytest
from pydantic import ValidationError

from connectors.base import Refused
from connectors.records import Account, Contact, Invoice, Order
from connectors.salesforce import Salesforce

INVOICE = {
    "object": "Invoice__c",
    "belongs_to": "Account__c",
    "fields": {"number": "Name", "status": "State__c", "total": "Total__c"},
}


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"base_url": "http://acme.my.salesforce.com"}, "is not encrypted; write https://"),
        ({"base_url": "https://[acme"}, 'is not an address; write one like "https://acme.my.salesforce.com"'),
        ({"token_url": "acme"}, 'write one like "https://acme.my.salesforce.com/services/oauth2/token"'),
        ({"base_url": "https://ann:pw@acme.my.salesforce.com"}, "holds no user or password"),
        ({"base_url": "https://acme.my.salesforce.com/#home"}, "is a host alone"),
        ({"token_url": "http://acme.my.salesforce.com/token"}, "is not encrypted; write https://"),
        ({"base_url": "https://acme.lightning.force.com"}, "My Domain address ends in .my.salesforce.com"),
        ({"base_url": "https://acme.my.salesforce.com/services"}, "is a host alone"),
        ({"auth": "jwt"}, "needs username and private_key too"),
        ({"records": ["order", "order"]}, "each record once"),
        ({"records": ["invoice"]}, r"\[sources.invoice\] object"),
        ({"records": ["invoice"], "invoice": INVOICE}, r"\[sources.show.invoice\] is missing"),
        ({"order": {"fields": {"nummer": "OrderNumber"}}}, "no field 'nummer'"),
        ({"order": {"fields": {"number": "Order Number"}}}, "pattern"),
        ({"client_secret": "stands here"}, "a secret never stands in this file"),
    ],
)
def test_what_is_wrong_is_told_with_its_cure(settings, told, message):
    with pytest.raises(ValidationError, match=message):
        settings(**told)


def test_an_object_of_ones_own_is_checked_against_the_org(business, source):
    told = {"records": ["invoice"], "show": {"invoice": {"State__c": ["*"]}}}
    source(**told, invoice=INVOICE).check()
    wrong = {**INVOICE, "fields": {**INVOICE["fields"], "total": "Totl__c"}}
    with pytest.raises(Refused, match=r'no field Totl__c .* did you mean "Total__c"\?.*\[sources.invoice\]'):
        source(**told, invoice=wrong).check()


def test_other_rules_and_fields_make_every_row_new_to_map(settings):
    def mapping(**told):
        return Salesforce(settings(records=["invoice"], invoice=INVOICE, **told)).mapping(Invoice)

    posted = mapping(show={"invoice": {"State__c": ["Posted"]}})
    assert posted == mapping(show={"invoice": {"State__c": ["Posted"]}})
    assert posted != mapping(show={"invoice": {"State__c": ["Paid"]}})


def test_another_org_under_the_same_id_is_not_read_as_changes_of_the_first(settings):
    sandbox = Salesforce(settings(base_url="https://Acme--Trial.sandbox.my.salesforce.com/"))
    real = Salesforce(settings(base_url="https://acme.my.salesforce.com"))
    for record in (Account, Contact, Order):
        assert sandbox.id_rule(record) == "acme--trial.sandbox.my.salesforce.com"
        assert real.id_rule(record) == "acme.my.salesforce.com"


def test_a_signed_assertion_opens_a_session_too(business, source, vendor, tmp_path):
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    vendor.public_key = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path = tmp_path / "server.key"
    path.write_bytes(pem)
    path.chmod(0o600)
    crm = source(auth="jwt", username="fanlight@acme.example", private_key={"file": str(path)})
    crm.check()
    assert vendor.count("oauth2/token") == 1
    asked = vendor.requests[0].form
    assert asked["grant_type"].endswith("jwt-bearer") and "client_secret" not in asked
