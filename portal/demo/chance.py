"""The demo's only source of chance: the same words always give the same numbers."""

from random import Random


def dice(*words: object) -> Random:
    """A generator of its own for each thing, so that one more order never changes another."""
    return Random(":".join(map(str, words)))  # noqa: S311 - invents a demo, guards no secret
