"""from_texts: every source gives the same rows, and every bad one is told in full."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dure
from dure.data import TextToSequences, from_texts

ROWS = [
    ("이 영화 정말 재미있다", "좋음"),
    ('a "quoted", long\ntext', "bad"),
    ("NA", "bad"),
    ("정말 지루하다\u2028끝", "좋음"),
]


def faults_of(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(dure.StudyError) as caught:
        from_texts(*args, **kwargs)
    return caught.value.faults


def the_fault_of(*args: Any, **kwargs: Any) -> str:
    faults = faults_of(*args, **kwargs)
    assert len(faults) == 1, faults
    return faults[0]


def frame() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["text", "label"])


def objects() -> list[dict[str, str]]:
    return [{"text": text, "label": label} for text, label in ROWS]


def as_lines() -> str:
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in objects()) + "\n\n"


def as_folder(path: Path) -> Path:
    for number, (text, label) in enumerate(ROWS):
        file = path / "texts" / label / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return path / "texts"


def written(path: Path, content: str | bytes) -> Path:
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


SOURCES: dict[str, Callable[[Path], Any]] = {
    "csv": lambda path: written(path / "t.csv", frame().to_csv(index=False)),
    "tsv.gz": lambda path: written(path / "t.tsv.gz", frame().to_csv(index=False, sep="\t")),
    "jsonl": lambda path: written(path / "t.jsonl", as_lines()),
    "jsonl.gz": lambda path: written(path / "t.JSONL.gz", as_lines()),
    "byte order mark": lambda path: written(
        path / "t.jsonl", b"\xef\xbb\xbf" + as_lines().encode()
    ),
    "json": lambda path: written(path / "t.json", json.dumps(objects())),
    "folder": as_folder,
    "frame": lambda path: frame(),
    "pair": lambda path: tuple(zip(*ROWS, strict=True)),
    "arrays": lambda path: (frame()["text"].to_numpy(), frame()["label"]),
}


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_gives_the_same_rows(source: str, tmp_path: Path) -> None:
    data = from_texts(SOURCES[source](tmp_path), num_words=500, maxlen=7, oov_token="?")
    assert data.class_names == ("bad", "좋음")
    got = [(text, data.class_names[label]) for text, label in zip(data.x, data.y, strict=True)]
    assert sorted(got) == sorted(ROWS)
    assert (data.x.dtype, data.y.dtype) == (np.dtype(object), np.int64)
    assert all(type(text) is str for text in data.x)
    assert (data.kind, data.task) == ("text", "classification")
    assert isinstance(data.prepare, TextToSequences)
    config = data.prepare
    assert (config.num_words, config.maxlen, config.oov_token) == (500, 7, "?")


def test_names_of_columns_and_sources(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "문장,감정\nx,p\ny,n\n")
    data = from_texts(path, text="문장", label="감정")
    assert data.source == "t.csv"
    assert from_texts(as_folder(tmp_path)).source == "texts in texts"
    assert from_texts(frame()).source == "a DataFrame"


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["b", "a", " a"], ("a", "b")),
        (["10", "9", "9"], ("9", "10")),
        ([10, 9, -1], ("-1", "9", "10")),
        (np.array([1.0, 0.0, 1.0]), ("0", "1")),
        ([True, False, True], ("False", "True")),
        (["10", "9", "x"], ("10", "9", "x")),
    ],
)
def test_labels_are_sorted(labels: Any, names: tuple[str, ...]) -> None:
    data = from_texts((["r", "s", "t"], labels))
    assert data.class_names == names
    given = {text: str(label).strip() for text, label in zip("rst", labels, strict=True)}
    for text, number in zip(data.x, data.y, strict=True):
        assert given[text].removesuffix(".0") == names[number]


def test_the_test_part(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(20)]
    labels = ["even", "odd"] * 10
    data = from_texts((texts, labels), test=0.2)
    assert np.bincount(data.y).tolist() == [8, 8]
    assert np.bincount(data.test.y).tolist() == [2, 2]
    assert sorted([*data.x, *data.test.x]) == sorted(texts)
    assert from_texts((texts, labels), test=0.2).fingerprint == data.fingerprint
    second = from_texts((texts, labels), test=(["a", "b"], ["odd", "odd"]))
    assert (second.test.x.tolist(), second.test.y.tolist()) == (["a", "b"], [1, 1])
    fault = the_fault_of((texts, labels), test=(["a", "b"], ["odd", "new"]))
    assert "labels that texts and labels never shows, such as 'new' in row 1" in fault


def test_words_are_fitted_on_the_training_rows_only() -> None:
    data = from_texts((["common one", "common two", "common three"], ["a", "b", "a"]), maxlen=3)
    x, _ = data.prepared(np.array([0]))
    assert x.dtype == np.int32
    assert x.shape == (3, 3)
    assert (x[0] > 0).sum() == 2
    assert (x[1:] > 0).sum() == 2  # only "common" is known


def test_real_sentences() -> None:
    path = Path(os.environ.get("DURE_DATA", "")) / "rt-polarity.jsonl.gz"
    if not path.is_file():
        pytest.skip("needs the excerpts in DURE_DATA")
    data = from_texts(path, test=0.1)
    assert (data.rows, len(data.test.y)) == (9595, 1067)
    assert data.class_names == ("0", "1")
    assert abs(data.y[-1000:].mean() - 0.5) < 0.06  # the file is sorted, the rows are not


# Bad input


def test_rows_without_text_or_label(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "text,label\na,p\n,p\n  ,n\nb,\nc,n\n")
    texts, labels = faults_of(path)
    assert texts.startswith("2 rows of t.csv without a text: row 1, row 2.")
    assert labels.startswith("1 row of t.csv without a label: row 3.")
    lines = '{"text": "a", "label": 1}\n\n{"text": null, "label": 0}\n{"label": 0}\n'
    assert "without a text: line 3, line 4." in the_fault_of(written(tmp_path / "t.jsonl", lines))
    assert "row 1" in the_fault_of((["a", None, "c"], [0, 1, 0]))
    assert "without a label: row 0, row 2" in the_fault_of((["a", "b", "c"], [np.nan, 1, None]))
    many = the_fault_of(([""] * 30, [0, 1] * 15))
    assert many.startswith("30 rows of texts and labels without a text: row 0, ")
    assert "row 9 and 20 more" in many


def test_rows_without_text_or_label_are_left_out(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "text,label\na,p\n,p\nnan,n\n#NAME?,n\nb,\nc,n\nd,p\n")
    fault = faults_of(path)[0]
    assert fault.startswith("3 rows of t.csv without a text (written 'nan', '#NAME?'): row 1,")
    assert fault.endswith(
        "Pass missing='drop' to leave them out, or na_values=[] if they are no holes."
    )
    data = from_texts(path, missing="drop")
    assert sorted(data.x) == ["a", "c", "d"]
    assert data.source == "t.csv (4 rows without text or label left out)"
    kept = from_texts(path, missing="drop", na_values=[])
    assert sorted(kept.x) == ["#NAME?", "a", "c", "d", "nan"]
    assert "missing='drop' leaves none" in the_fault_of((["", ""], [0, 1]), missing="drop")
    second = from_texts((["a", "b"], [0, 1]), test=(["c", None], [1, 1]), missing="drop")
    assert second.test.x.tolist() == ["c"]
    fault = the_fault_of((["a", "", "b"], [0, 1, 0.5]), missing="drop")
    assert "such as 0.5 in row 2" in fault  # counted before rows were left out


@pytest.mark.parametrize("cell", ["NA", "null", "?", "none", "-", "N/A"])
def test_short_texts_and_labels_are_no_holes(cell: str, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", f"text,label\n{cell},{cell}\nx,{cell}\ny,p\nz,p\n")
    data = from_texts(path)
    assert cell in data.x and data.class_names == tuple(sorted([cell, "p"]))


def test_files_are_read_as_told(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "text;label\n'좋다;';p\n나쁘다;n\n".encode("cp949"))
    assert "encoding='cp949'" in the_fault_of(path)
    assert "Pass sep=';'" in the_fault_of(path, encoding="cp949")
    data = from_texts(path, encoding="cp949", sep=";", quote="'")
    assert sorted(data.x) == ["나쁘다", "좋다;"]
    faults = faults_of(path, seb=";", max_len=3, quote="ab")
    assert [fault.split(" is ")[0] for fault in faults] == ["quote", "'seb'", "'max_len'"]
    assert faults[2].endswith("Did you mean 'maxlen'?")


def test_texts_passed_over_in_a_folder_are_told(tmp_path: Path) -> None:
    root = as_folder(tmp_path)
    for name in ("bad/a.md", "bad/b", "좋음/c.html", "bad/d.png"):
        (root / name).write_text("x", "utf-8")
    with pytest.warns(UserWarning, match="only .txt files are read as texts, so 3 other") as caught:
        data = from_texts(root)
    assert "a.md, b, c.html" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert data.source is not None and "4 other files (1 .md, 1 without a suffix" in data.source


def test_wrong_types() -> None:
    assert "row 1 holds 3" in the_fault_of((["a", 3, "c"], [0, 1, 0]))
    assert "label is of another type: row 0 holds ['x']" in the_fault_of((["a", "b"], [["x"], 1]))
    fault = the_fault_of((["a", "b", "c"], [0.5, 1.0, 0.25]))
    assert "2 labels of texts and labels are no whole numbers, such as 0.5 in row 0" in fault


def test_labels_that_are_no_classes() -> None:
    assert "one label only, 'a'" in the_fault_of((["x", "y"], ["a", "a"]))
    words = [f"w{number}" for number in range(50)]
    assert "Perhaps text and label are exchanged?" in the_fault_of((words, words))
    fault = the_fault_of((["x", "y", "z"], ["a", "a", "b"]), test=0.4)
    assert "these have a single row: 'b'" in fault


def test_another_encoding_says_which_byte(tmp_path: Path) -> None:
    content = 'first\n{"text": "좋다", "label": 1}\n'.encode("cp949")
    fault = the_fault_of(written(tmp_path / "t.jsonl", content))
    assert "t.jsonl is not in UTF-8: byte 16 (counted from 0; in line 2) is 0xc1" in fault
    assert "Save it as UTF-8" in fault


def test_faults_of_a_folder_name_the_files(tmp_path: Path) -> None:
    root = as_folder(tmp_path)
    (root / "bad" / "9.txt").write_bytes("좋다".encode("cp949"))
    (root / "bad" / "empty.txt").write_bytes(b"")
    faults = faults_of(root)
    assert faults[0].startswith("9.txt is not in UTF-8: byte 0")
    assert faults[1].startswith("1 row of texts in texts without a text: bad/empty.txt. Pass")
    for number in range(20):
        (root / "bad" / f"more{number}.txt").write_bytes(b"\xff")
    assert faults_of(root)[-2] == "11 more files like these."
    (root / "none").mkdir()
    assert "No texts in 1 class folder: 'none'" in the_fault_of(root)


def test_files_that_are_none(tmp_path: Path) -> None:
    assert "is of no known kind" in the_fault_of(written(tmp_path / "t.docx", "x"))
    assert "is no file or folder" in the_fault_of(tmp_path / "nothing")
    written(tmp_path / "texts.jsonl", as_lines())
    assert the_fault_of(tmp_path / "text.jsonl").endswith("Did you mean 'texts.jsonl'?")
    assert "is empty" in the_fault_of(written(tmp_path / "e.jsonl", ""))
    fault = the_fault_of(written(tmp_path / "b.jsonl", '{"text": "a"}\n{text: "b"}\nx\n'))
    assert fault.startswith("2 lines of b.jsonl cannot be read as JSON, one object a line: line 2:")
    assert "something else in line 2" in the_fault_of(
        written(tmp_path / "c.jsonl", '{"text": "a", "label": 1}\n[1]\n')
    )
    assert "name it .jsonl" in the_fault_of(written(tmp_path / "d.json", as_lines()))
    assert "holds no list of objects" in the_fault_of(written(tmp_path / "f.json", '{"a": 1}'))


def test_unknown_names_and_sources(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", as_lines())
    faults = faults_of(path, text="texts", label="zzz")
    assert faults[0] == (
        "key 'texts' is no column of t.jsonl, which has 'text', 'label'. Did you mean 'text'?"
    )
    assert len(faults) == 2
    assert "column 'x' is no column of a DataFrame" in the_fault_of(frame(), text="x")
    assert "texts came as int; pass a .csv" in the_fault_of(3)
    assert "texts came as list" in the_fault_of(["one", "two"])
    assert "needs a list or array of each" in the_fault_of(([1, 2], 3))
    assert "3 texts and 2 labels came" in the_fault_of((["a", "b", "c"], [1, 0]))
    assert "holds no rows" in the_fault_of(([], []))


def test_arguments_and_rows_all_at_once() -> None:
    faults = faults_of((["a", ""], [0, 1]), maxlen=0, test=1.5)
    assert len(faults) == 3
    assert "maxlen" in faults[0]
    assert "test is 1.5" in faults[1]
    assert "without a text" in faults[2]


def test_a_table_under_any_name_with_what_separates_it(tmp_path: Path) -> None:
    lines = ["id\tdocument\tlabel", "1\tgood film\t1", "2\tbad film\t0", "3\tgood\t1", "4\tbad\t0"]
    for name in ("ratings.txt", "SMSCollection", "ratings.data.gz"):
        content = "\n".join(lines).encode()
        path = tmp_path / name
        path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        assert from_texts(path, text="document", sep="\t").rows == 4
        with pytest.raises(dure.StudyError, match="If it is a table, say what stands between"):
            from_texts(path, text="document")
    with pytest.raises(dure.StudyError, match="is no file or folder.*Did you mean 'ratings.txt'"):
        from_texts(tmp_path / "rating.txt", sep="\t")


def test_columns_that_are_not_used_need_no_name(tmp_path: Path) -> None:
    path = tmp_path / "spam.csv"
    rows = ["ham,well,,,", "spam,buy now,more,,", "ham,so what,,,", "spam,buy,,,"]
    path.write_text("\n".join(["v1,v2,,,", *rows]), "utf-8")
    assert from_texts(path, text="v2", label="v1").rows == 4


def test_labels_that_are_numbers_go_by_size() -> None:
    texts = ["a b", "c d", "e f"] * 2
    for labels in (
        ["1.0", "10.0", "2.0"],
        ["1", "10", "2"],
        [1.0, 10.0, 2.0],
        ["-1", "2.5", "0.5"],
    ):
        names = from_texts((texts, labels * 2)).class_names
        assert list(names) == sorted(names, key=float)
    assert from_texts((texts, ["10 a", "2 a", "1 a"] * 2)).class_names == ("1 a", "10 a", "2 a")


def test_a_file_without_names_says_so(tmp_path: Path) -> None:
    path = tmp_path / "SMSSpamCollection"
    path.write_text("ham\tgo until\nspam\tfree entry\nham\tok lar\nspam\tbuy\n", "utf-8")
    with pytest.raises(dure.StudyError, match="The first line looks like values"):
        from_texts(path, sep="\t")
    with pytest.raises(dure.StudyError, match="is an address on the network"):
        from_texts("https://x.org/reviews.txt")
