"""Data of every kind: raw text, names, words decoded, rows in order of time."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dure
from dure.data.splits import folds_in_time, split_in_two

TEXTS = ["a fine film", "두레 정말 좋다", "", "not fine"]
Y = np.array([1, 1, 0, 0])


class Lengths:
    """Turns each text into its number of words and of letters, less the longest fitted on."""

    def fit(self, texts: Any) -> None:
        assert texts.ndim == 1
        self.longest = max(map(len, texts))

    def transform(self, texts: Any) -> Any:
        return np.array([[len(t.split()), len(t) - self.longest] for t in texts], np.int16)


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, object),
        np.array(TEXTS, object)[:, None],
        np.array(TEXTS, np.dtypes.StringDType()),
        pd.Series(TEXTS),
    ],
    ids=["list", "tuple", "U", "object", "column", "StringDType", "series"],
)
def test_raw_text_is_taken_with_a_preparation(texts: Any) -> None:
    data = dure.Data(texts, Y, test=(texts, Y), prepare=Lengths())
    assert data.x.shape == (4,)
    assert data.x.tolist() == data.test.x.tolist() == TEXTS
    assert all(type(text) is str for text in data.x)
    assert (data.kind, data.rows) == ("text", 4)
    assert "x=text[4]" in repr(data)


def test_what_comes_out_of_text_keeps_its_integers() -> None:
    data = dure.Data(TEXTS, Y, test=(["alone"], [1] * np.array([1])), prepare=Lengths())
    x, test = data.prepared([0, 3])
    assert x.dtype == np.int16
    assert x.tolist() == [[3, 0], [3, -3], [0, -11], [2, -3]]
    assert test.tolist() == [[1, -6]]


def test_text_is_fitted_on_each_folds_training_rows() -> None:
    texts = [letter * n for n, letter in enumerate("abcdefgh", 1)]
    data = dure.Data(texts, np.arange(8) % 2, prepare=Lengths())
    study = dure.Study(lambda: None, data, folds=4)
    for split in study.splits:
        longest = max(len(texts[row]) for row in split.train)
        assert study.fold_arrays(split).x[:, 1].tolist() == [len(t) - longest for t in texts]


def test_text_without_a_preparation_is_refused_with_the_way() -> None:
    for texts in (np.array(TEXTS), np.array(TEXTS, object)):
        with pytest.raises(dure.StudyError, match=r"text"):
            dure.Data(texts, Y)
    with pytest.raises(dure.StudyError, match="TextToSequences"):
        dure.Data(np.array(TEXTS), Y)


def test_rows_that_are_no_text_are_counted_and_shown() -> None:
    with pytest.raises(dure.StudyError, match=r"2 of 4 rows.*row 1 .*None") as caught:
        dure.Data(["a", None, "b", 3.5], Y, prepare=Lengths())
    assert len(caught.value.faults) == 1
    with pytest.raises(dure.StudyError, match=r"shape \(2, 2\); pass one text a row"):
        words = dure.data.TextToSequences(num_words=9, maxlen=2)
        dure.Data(np.array(TEXTS, object).reshape(2, 2), np.array([0, 1]), prepare=words)


def test_validation_data_of_a_study_may_be_text_too() -> None:
    data = dure.Data(TEXTS, Y, prepare=Lengths())
    study = dure.Study(lambda: None, data, validation_data=(["bc"], np.array([1])))
    arrays = study.fold_arrays(study.splits[0])
    assert (arrays.x.shape, arrays.evaluated.x.shape) == ((4, 2), (1, 2))
    with pytest.raises(dure.StudyError, match="kind of number"):
        dure.Study(lambda: None, data, validation_data=(np.zeros(1), np.array([1])))


def test_the_fingerprint_of_texts_tells_them_apart() -> None:
    def of(texts: list[str]) -> str:
        return dure.Data(texts, Y, prepare=Lengths()).fingerprint

    assert of(TEXTS) == of(list(TEXTS))
    assert of(TEXTS) != of([*TEXTS[:3], "not fine "])
    assert of(["ab", "c", "", ""]) != of(["a", "bc", "", ""])
    assert len(of(["\ud800", "lone surrogate", "", ""])) == 64


def test_bytes_of_texts_count_their_letters() -> None:
    long = dure.Data(["x" * 10_000, "y"], Y[:2], prepare=Lengths())
    assert 10_000 < long.nbytes < 11_000


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((4,), "tabular"), ((4, 3), "tabular"), ((4, 5, 3), "series"), ((4, 8, 8, 1), "image")],
)
def test_kind_is_settled_by_axes(shape: tuple[int, ...], kind: str) -> None:
    assert dure.Data(np.zeros(shape), Y).kind == kind
    assert dure.Data(np.zeros(shape), Y, kind="text").kind == "text"


def test_kind_with_words_or_several_inputs() -> None:
    assert dure.Data(np.ones((4, 3), int), Y, word_index={"a": 1}).kind == "text"
    assert dure.Data({"a": np.zeros(4), "b": np.zeros(4)}, Y).kind is None


def test_faults_of_names_and_kinds_come_together() -> None:
    with pytest.raises(dure.StudyError) as caught:
        dure.Data(
            np.zeros((4, 3)),
            Y,
            kind="picture",  # type: ignore[arg-type]
            feature_names=["a"],
            time_gap=-1,
        )
    told = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 3
    for part in ("kind is 'picture'", "1 feature_names came", "has 3 places", "time_gap is -1"):
        assert part in told


def test_feature_names_are_kept_or_refused() -> None:
    assert dure.Data(np.zeros((4, 2)), Y, feature_names=["age", "두께"]).feature_names == (
        "age",
        "두께",
    )
    with pytest.raises(dure.StudyError, match="several inputs"):
        dure.Data([np.zeros(4), np.zeros(4)], Y, feature_names=["a"])


def test_words_are_decoded() -> None:
    index = {"<pad>": 0, "<start>": 1, "<unknown>": 2, "fine": 3, "영화": 4}
    data = dure.Data(np.array([[0, 1, 3, 4]]), word_index=index)
    assert data.decode(data.x[0]) == "<start> fine 영화"
    assert data.decode([0, 0]) == ""
    assert data.decode([2, 99]) == "<unknown> <unknown>"
    with pytest.raises(dure.DureError, match="no word_index"):
        dure.Data(np.zeros((4, 2)), Y).decode([1])


# Order of time


@settings(deadline=None)
@given(st.integers(4, 60), st.integers(2, 6), st.integers(0, 10))
def test_folds_in_time_train_on_the_past_only(rows: int, folds: int, gap: int) -> None:
    size = rows // (folds + 1)
    if size == 0 or rows - folds * size <= gap:
        return
    splits = folds_in_time(rows, folds, gap)
    end = rows - folds * size
    for number, split in enumerate(splits, 1):
        assert split.fold == number
        assert split.validation is not None
        assert split.validation.tolist() == list(range(end, end + size))
        assert split.train.tolist() == list(range(end - gap))
        end += size
    assert end == rows


def test_a_hold_out_leaves_the_gap_out() -> None:
    (split,) = split_in_two(10, 7, 2)
    assert split.train.tolist() == [0, 1, 2, 3, 4]
    assert split.validation is not None
    assert split.validation.tolist() == [7, 8, 9]


def test_a_study_of_rows_in_time_never_shuffles_across_the_cut() -> None:
    data = dure.Data(np.zeros((20, 2)), np.arange(20) % 2, time_gap=3)
    held = dure.Study(lambda: None, data, validation_split=0.25).splits[0]
    assert held.train.tolist() == list(range(12))
    assert held.validation.tolist() == list(range(15, 20))  # type: ignore[union-attr]
    for split in dure.Study(lambda: None, data, folds=3).splits:
        assert split.train.max() + 3 < split.validation.min()  # type: ignore[union-attr]


@pytest.mark.parametrize("how", [{"folds": 9}, {"validation_split": 0.9}])
def test_a_gap_that_leaves_nothing_to_train_on_is_told(how: dict[str, Any]) -> None:
    data = dure.Data(np.zeros((20, 2)), np.arange(20) % 2, time_gap=5)
    with pytest.raises(dure.StudyError, match=r"time_gap") as caught:
        dure.Study(lambda: None, data, **how)
    assert len(caught.value.faults) == 1
