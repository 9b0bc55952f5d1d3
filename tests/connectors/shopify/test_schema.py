"""Our documents, and the fake's schema, against the schemas Shopify itself publishes."""

import gzip
import json
from functools import cache
from pathlib import Path

import pytest
from fakes.shopify import schema as ours
from graphql import GraphQLObjectType, build_client_schema, parse, validate

from connectors.http.guard import only_queries
from connectors.shopify.shop import document

VENDOR = Path(__file__).parents[4] / "shared" / "vendor" / "shopify"
VERSIONS = ("2025-10", "2026-01", "2026-04", "2026-07", "2026-10")
FOLDER = Path(__file__).parents[3] / "connectors/shopify/documents"
DOCUMENTS, FRAGMENTS = (
    sorted(one.stem for one in FOLDER.glob(told)) for told in ("*.graphql", "*/*.graphql")
)
published = pytest.mark.skipif(not VENDOR.is_dir(), reason="../shared/vendor is not here")


@cache
def theirs(version):
    """A published schema."""
    told = json.loads(gzip.decompress((VENDOR / f"admin_{version}.json.gz").read_bytes()))
    return build_client_schema(told.get("data", told), assume_valid=True)


@published
@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_valid_in_every_supported_version(version):
    wrong = {name: validate(theirs(version), parse(document(name))) for name in DOCUMENTS}
    assert (len(DOCUMENTS), len(FRAGMENTS)) == (9, 5)
    assert {name: errors for name, errors in wrong.items() if errors} == {}


@published
def test_the_fake_speaks_a_part_of_the_real_schema_and_nothing_else():
    real = theirs("2026-10")
    for name, kind in ours().type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType):
            continue
        for field, told in kind.fields.items():
            known = real.type_map[name].fields[field]
            assert str(told.type) == str(known.type), f"{name}.{field}"
            for argument, value in told.args.items():
                assert str(value.type) == str(known.args[argument].type), f"{name}.{field}({argument})"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_holds_queries_only_and_runs_on_the_fake(name):
    assert only_queries(document(name))
    assert validate(ours(), parse(document(name))) == []


@pytest.mark.parametrize("name", FRAGMENTS)
def test_every_fragment_stands_once_and_serves_more_than_one_document(name):
    written = [path.read_text("utf-8") for path in FOLDER.rglob("*.graphql")]
    assert sum(f"fragment {name} on " in text for text in written) == 1
    assert sum(f"fragment {name} on " in document(one) for one in DOCUMENTS) > 1
