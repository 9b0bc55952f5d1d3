"""Connectors: what outside systems say, in our words. Nothing here imports anything of ours from above."""

from importlib.metadata import entry_points

from connectors.base import Connector


def kinds() -> list[str]:
    """The kinds of source this installation knows, built-in and from installed packages."""
    return sorted(point.name for point in entry_points(group="fanlight.connectors"))


def find(kind: str) -> type[Connector]:
    """The connector class for ``kind``; raises KeyError when nothing of that name is installed."""
    for point in entry_points(group="fanlight.connectors", name=kind):
        loaded: type[Connector] = point.load()
        return loaded
    raise KeyError(kind)
