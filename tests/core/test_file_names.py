"""Names that every disk takes, and that no two things share on any."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.core.file_names import name_file, name_files

REFUSED = set('\\/:*?"<>|\0\n')
TEXTS = st.text(max_size=90) | st.sampled_from(["CON", "nul", "Lpt1", "com1.txt", "aux.", "..", ""])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("val_loss", "val_loss"),
        ("f1/macro", "f1_macro"),
        ("units=8, rate=0.1", "units=8__rate=0.1"),
        ("정확도", "정확도"),
        (unicodedata.normalize("NFD", "정확도é"), "정확도é"),
        ("con", "_con"),
        ("LPT1.x", "_LPT1.x"),
        ("console", "console"),
        ("com10", "com10"),
        ("name.", "name"),
        ("..", "_"),
        ("", "_"),
        ("C:\\x?", "C__x_"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert name_file(text) == name


@given(TEXTS)
def test_every_disk_takes_a_name(text: str) -> None:
    name = name_file(text)
    assert name and not REFUSED & set(name) and len(name.encode()) <= 130
    assert name[0] not in ". " and name[-1] not in ". "
    stem = name.partition(".")[0].upper()
    assert stem not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1", "LPT9"}
    assert unicodedata.is_normalized("NFC", name)


@given(st.lists(TEXTS, max_size=8))
def test_no_two_share_a_file_on_a_case_blind_disk(texts: list[str]) -> None:
    names = name_files(texts)
    assert list(names) == list(dict.fromkeys(texts))
    assert len({unicodedata.normalize("NFD", n.casefold()) for n in names.values()}) == len(names)


def test_the_later_of_two_gets_a_digest() -> None:
    names = name_files(["f1", "F1", "a/b", "a:b", "loss"])
    assert [names[text] for text in ("f1", "a/b", "loss")] == ["f1", "a_b", "loss"]
    assert names["F1"].startswith("F1-") and names["a:b"].startswith("a_b-")
    long = name_files(["x" * 70 + "1", "x" * 70 + "2"])
    assert len(set(long.values())) == 2
