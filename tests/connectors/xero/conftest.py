"""What Xero's tests share: a Xero on loopback, and sources that read it."""

from collections.abc import Callable, Iterator

import pytest
from fakes import xero as fake
from fakes.xero_source import Books


@pytest.fixture
def books() -> Iterator[Books]:
    """An empty Xero organisation, listening."""
    world = fake.Xero()
    with world.listening():
        yield Books(world)


@pytest.fixture
def id_of() -> Callable[[str], str]:
    """The id of what was put under a name."""
    return fake.guid
