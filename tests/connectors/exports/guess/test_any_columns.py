"""Whatever columns somebody leaves out or moves: the guess is refused with a reason, or it loads."""

import csv
import io
import tomllib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Failure
from connectors.exports.guess import guess
from connectors.exports.guess.document import document
from connectors.exports.settings import ExportsSettings, FileSet

FILES = sorted((Path(__file__).parent / "files").glob("*.csv"))
ODD = st.sampled_from(
    ["", "n/a", "31/31/2026", "1.2.3", "€", '"q"', "a\nb", "=1+1", "9" * 20, "\u2028", "x\x7f"]
)
RECORDS = st.sampled_from([None, "account", "contact", "order", "invoice", "payment", "ticket"])


@st.composite
def files(draw):
    """One of the invented files with some of its columns in any order, and up to three odd cells."""
    text = draw(st.sampled_from(FILES)).read_text("utf-8")
    sign = max(";,", key=text.split("\n", 1)[0].count)
    rows = list(csv.reader(io.StringIO(text), delimiter=sign))
    width = range(len(rows[0]))
    kept = draw(st.lists(st.sampled_from(width), min_size=2, max_size=len(width), unique=True))
    rows = [[row[at] for at in kept] for row in rows]
    for _ in range(draw(st.integers(0, 3))):
        rows[draw(st.integers(1, len(rows) - 1))][draw(st.integers(0, len(kept) - 1))] = draw(ODD)
    made = io.StringIO()
    csv.writer(made, delimiter=sign).writerows(rows)
    return made.getvalue()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=files(), record=RECORDS)
def test_any_columns_of_a_file_are_refused_or_mapped_so_that_the_toml_loads(tmp_path, content, record):
    path = tmp_path / "export.csv"
    path.write_text(content, "utf-8")
    try:
        found = guess(path, FileSet(path=path, record=record))
    except Failure as e:
        assert "export.csv" in str(e)
        return
    printed = tomllib.loads(document(found, "export.csv", "src", "Src"))
    (source,) = ExportsSettings.model_validate(printed["sources"][0]).files
    assert source.map == found.trial.profile
    trial = found.trial
    assert trial.placed + sum(trial.hidden.values()) + len(trial.aside) > 0
