"""Values looked up in another file: a product's name by its code, a customer's id by an e-mail address."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from connectors.base import Refused
from connectors.exports.catalogue import Catalogue
from connectors.exports.files import matching
from connectors.exports.formula import Find, Formula
from connectors.exports.plan import Plan
from connectors.exports.reader import Sheet
from connectors.exports.settings import ExportsSettings, FileSet
from connectors.exports.tables import open_file, peek, scan
from connectors.exports.tables import sheet as sheet_of
from connectors.exports.values import clean

Looked = Callable[[Sequence[str]], str]


class Lookups:
    """The look-up tables of one pull; each file is read once."""

    def __init__(self, settings: ExportsSettings, catalogue: Catalogue, now: float) -> None:
        self._settings, self._catalogue, self._now = settings, catalogue, now
        self._tables: dict[str, dict[str, str]] = {}
        self.hashes: dict[str, str] = {}
        self.notes: list[str] = []

    def load(self, plans: Iterable[Plan]) -> None:
        """Read every table these plans look things up in."""
        for plan in plans:
            for value in (*plan.head_finds, *plan.line_finds):
                if value.find:
                    self._table(value.find)

    def steps(self, finds: list[Formula], columns: Sequence[str]) -> list[Looked]:
        """For each looked-up value, a function from a record's cells to what was found."""
        return [self._step(value, columns.index(value.column or "")) for value in finds]

    def _step(self, value: Formula, at: int) -> Looked:
        find = value.find or Find(record="", by="", take="")
        table = self._table(find)

        def look(cells: Sequence[str]) -> str:
            cell = clean(cells[at])
            found = table.get(cell.lower() if find.fold else cell, "")
            return found or (cell if find.keep else "")

        return look

    def _table(self, find: Find) -> dict[str, str]:
        name = find.model_dump_json()
        if name not in self._tables:
            self._tables[name] = self._read(find)
        return self._tables[name]

    def _read(self, find: Find) -> dict[str, str]:
        """By → take; a key that stands for two different things finds nothing."""
        found: dict[str, str] = {}
        doubtful: set[str] = set()
        for path, fileset in self._files(find):
            with open_file(path) as file:
                file.must_rest(self._now, self._settings.settle)
                header = peek(file, (find.by, find.take), fileset)
                contents = scan(file, fileset.encoding)
                self.hashes[str(file.path)] = contents.sha256
                sheet = sheet_of(file, contents, header)
                by, take = _column(sheet, find.by), _column(sheet, find.take)
                for _, cells in sheet.records():
                    if len(cells) <= max(by, take) or not (key := clean(cells[by])):
                        continue
                    key, said = key.lower() if find.fold else key, clean(cells[take])
                    if found.setdefault(key, said) != said:
                        doubtful.add(key)
                file.must_be_unchanged()
        if doubtful:
            example = min(doubtful)
            said = f"{len(doubtful)} values of {find.by} (like {example!r}) stand for several {find.take}"
            self.notes.append(f"{said}: not looked up")
        return {key: said for key, said in found.items() if key not in doubtful}

    def _files(self, find: Find) -> list[tuple[Path, FileSet]]:
        if find.file is not None:
            return [(path, FileSet(path=path)) for path in matching(self._settings.resolve(find.file))]
        entries = self._catalogue.of(find.record or "")
        knowing = [e for e in entries if e.profile.reads(find.take)]
        if entries and not knowing:
            self.notes.append(f"{find.by} is taken as it is: no file of {find.record}s has {find.take}")
        return [(e.path, e.fileset) for e in knowing]


def _column(sheet: Sheet, name: str) -> int:
    at = sheet.header.find(name)
    if at is None:
        raise Refused(f"{sheet.name}, line {sheet.header.line}: no column {name}, which a look-up needs")
    return at
