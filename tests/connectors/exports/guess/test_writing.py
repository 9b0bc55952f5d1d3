"""Texts of a file as they stand in the TOML that is printed."""

import tomllib

from connectors.exports.guess.writing import line

SIGNS = [*map(chr, range(0xA1)), *"\u061c\u200b\u2028\u202e\ufeff\U000e0001", '"', "'", "\\", "é", "名"]


def test_any_text_of_a_file_comes_back_from_the_toml_and_commands_no_terminal():
    for text in (f"a{sign}b" for sign in SIGNS):
        for told in ({"path": text}, {text: ["c"]}, {"only": {text: [text]}}):
            ((name, value),) = told.items()
            written = line(name, value)
            assert written.isprintable(), ascii(text)
            assert tomllib.loads(written) == told, ascii(text)
