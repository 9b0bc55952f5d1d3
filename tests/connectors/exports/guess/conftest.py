"""A file, guessed."""

import pytest

from connectors.exports.guess import guess
from connectors.exports.settings import FileSet


@pytest.fixture
def guessed(tmp_path):
    """Write a file and guess it: rows of cells, or bytes. Returns the Guess."""

    def guessed(content, name="file.csv", *, encoding="utf-8", own=True, lines=None, **told):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return guess(path, FileSet(path=path, **told), own=own, lines=lines)

    return guessed


@pytest.fixture
def table(guessed):
    """The mapping of a file as a table: what [sources.files.map] would say."""

    def table(content, *args, **told):
        return guessed(content, *args, **told).draft.table

    return table
