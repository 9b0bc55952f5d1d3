"""Python's search for cyclic garbage, held back while rows pass through by the ten thousand."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

SELDOM = (200_000, 20, 100)  # more objects than a page makes; what holds no cycle is freed at once anyway


@contextmanager
def seldom() -> Iterator[None]:
    """Search seldom: rows are no cycles, and looking for some among them took a fifth of a run."""
    before = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*before)
