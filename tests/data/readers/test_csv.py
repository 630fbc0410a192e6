"""from_csv: columns become numbers by a plain reading, and every bad table is told in full."""

import csv
import gzip
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import dure
from dure.data import from_csv

PLAIN = """age,sex,smokes,weight,ill
31,male,True,80.5,no
42,female,False,61,yes
25,male,False,70,no
60,other,True,90,yes
"""


def faults_of(*args: Any, **kwargs: Any) -> tuple[str, ...]:
    with pytest.raises(dure.StudyError) as caught:
        from_csv(*args, **kwargs)
    return caught.value.faults


def the_fault_of(*args: Any, **kwargs: Any) -> str:
    faults = faults_of(*args, **kwargs)
    assert len(faults) == 1, faults
    return faults[0]


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to_file(text: str | bytes, name: str = "table.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return to_file


# What comes out


def test_columns_become_features(write: Any) -> None:
    data = from_csv(write(PLAIN), "ill", shuffle=False)
    assert data.feature_names == (
        "age",
        "sex=female",
        "sex=male",
        "sex=other",
        "smokes",
        "weight",
    )
    assert data.x.dtype == np.float32
    np.testing.assert_array_equal(
        data.x,
        [
            [31, 0, 1, 0, 1, 80.5],
            [42, 1, 0, 0, 0, 61],
            [25, 0, 1, 0, 0, 70],
            [60, 0, 0, 1, 1, 90],
        ],
    )
    np.testing.assert_array_equal(data.y, [0, 1, 0, 1])
    assert data.class_names == ("no", "yes")
    assert (data.kind, data.task, data.source) == ("tabular", "classification", "table.csv")
    assert data.test is None


@pytest.mark.parametrize("name", ["t.tsv", "t.csv", "t.csv.gz", "t.TSV.gz"])
def test_delimiters_packing_and_byte_order_marks(name: str, write: Any) -> None:
    text = "나이\t성별\tout\n31\t남\t1.5\n42\t여\t2.5\n"
    text = text if ".tsv" in name.lower() else text.replace("\t", ",")
    content = b"\xef\xbb\xbf" + text.encode()
    path = write(gzip.compress(content) if name.endswith("gz") else content, name)
    data = from_csv(path, "out", shuffle=False)
    assert data.feature_names == ("나이", "성별=남", "성별=여")
    np.testing.assert_array_equal(data.x, [[31, 1, 0], [42, 0, 1]])
    np.testing.assert_array_equal(data.y, np.float32([1.5, 2.5]))
    assert (data.task, data.y.dtype) == ("regression", np.float32)


def test_another_delimiter(write: Any) -> None:
    path = write("a;b\n1;2\n3;4\n")
    np.testing.assert_array_equal(from_csv(path, "b", sep=";", shuffle=False).y, [2, 4])


def test_blanks_round_cells_do_not_count(write: Any) -> None:
    data = from_csv(write('n, c , y\n 1, "u, v" , p\n 2, w, q\n3,"w" ,p\n'), "y", shuffle=False)
    assert data.feature_names == ("n", "c=u, v", "c=w")
    assert data.class_names == ("p", "q")
    assert "'c' (1 hole, the first in row 1)" in the_fault_of(write("c,y\nu,p\n  ,q\n"), "y")


def test_features_are_chosen_in_their_order(write: Any) -> None:
    data = from_csv(write(PLAIN), "age", features=["weight", "smokes"], shuffle=False)
    assert data.feature_names == ("weight", "smokes")
    np.testing.assert_array_equal(data.x[1], [61, 0])
    assert from_csv(write(PLAIN), "age", features="weight").feature_names == ("weight",)


@pytest.mark.parametrize(
    ("cells", "y", "names", "dtype"),
    [
        (["b", "a", "b"], [1, 0, 1], ("a", "b"), "int64"),
        (["True", "False", "True"], [1, 0, 1], ("False", "True"), "int64"),
        (["3", "1", "3"], [3, 1, 3], None, "int64"),
        (["0.5", "1", "2"], [0.5, 1, 2], None, "float32"),
    ],
)
def test_targets(cells: list[str], y: list[float], names: Any, dtype: str, write: Any) -> None:
    text = "a,t\n" + "".join(f"{row},{cell}\n" for row, cell in enumerate(cells * 2))
    data = from_csv(write(text), "t", shuffle=False)
    np.testing.assert_array_equal(data.y, np.array(y * 2, dtype))
    assert (data.class_names, data.y.dtype) == (names, np.dtype(dtype))


def test_a_frame_is_taken() -> None:
    frame = pd.DataFrame(
        {
            "n": [1, 2, 3, 4],
            "digits": ["1", "2", "3", "4"],
            "flags": [True, None, False, True],
            7: pd.Categorical(["lo", "hi", "lo", "hi"], ["lo", "mid", "hi"], ordered=True),
            "y": [1.5, 2.5, 3.5, 4.5],
        },
        index=[9, 9, 8, 7],
    )
    data = from_csv(frame, "y", missing="drop", shuffle=False)
    assert data.feature_names == ("n", "digits", "flags", "7=lo", "7=hi")
    np.testing.assert_array_equal(data.x, [[1, 1, 1, 1, 0], [3, 3, 0, 1, 0], [4, 4, 1, 0, 1]])
    assert data.source == "a DataFrame, 1 row with holes left out"


def test_fifty_texts_become_features_and_fifty_one_do_not(write: Any) -> None:
    def table(texts: int) -> str:
        return "name,y\n" + "".join(f"name {row % texts},{row}.5\n" for row in range(2 * texts))

    assert from_csv(write(table(50)), "y").x.shape == (100, 50)
    fault = the_fault_of(write(table(51)), "y")
    assert "column 'name' holds text with 51 different values, such as 'name 0'" in fault
    assert "Leave it out (drop=['name'])" in fault
    assert "dure.data.from_texts" in fault


# Holes

HOLES = "age,sex,y\n1,m,0\n,m,1\n3,,0\n4,f,1\n5,f,0\nNA,m,1\n"


def test_holes_are_listed_column_by_column(write: Any) -> None:
    fault = the_fault_of(write(HOLES), "y")
    assert fault.startswith(
        "2 columns with holes: 'age' (2 holes, written 'NA', the first in row 1), 'sex' (1 hole, "
        "the first in row 2)."
    )
    assert "missing='drop' to leave out 3 rows" in fault
    assert "prepare=sklearn.impute.SimpleImputer()" in fault


def test_rows_with_holes_are_left_out(write: Any) -> None:
    data = from_csv(write(HOLES), "y", missing="drop", shuffle=False)
    np.testing.assert_array_equal(data.x, [[1, 0, 1], [4, 1, 0], [5, 1, 0]])
    np.testing.assert_array_equal(data.y, [0, 1, 0])
    assert data.y.dtype == np.int64
    assert data.source == ("table.csv, 1 cell taken for holes ('NA' 1), 3 rows with holes left out")


def test_holes_stay_for_a_preparation_to_fill(write: Any) -> None:
    fill = make_pipeline(SimpleImputer(), StandardScaler())
    data = from_csv(write(HOLES), "y", prepare=fill, shuffle=False)
    np.testing.assert_array_equal(data.x[:3], [[1, 0, 1], [np.nan, 0, 1], [3, np.nan, np.nan]])
    x, _ = data.prepared(np.arange(6))
    assert np.isfinite(x).all()


def test_holes_in_the_target_are_always_told(write: Any) -> None:
    text = "a,b,y\n1,,0\n2,3,\n3,4,1\n"
    fault = the_fault_of(write(text), "y", prepare=SimpleImputer())
    assert fault.startswith("1 column with holes: 'y' (1 hole, the first in row 1).")
    assert "'b'" not in fault
    assert "SimpleImputer" not in fault
    assert "SimpleImputer" not in the_fault_of(write("a,y\n1,0\n2,\n3,1\n"), "y")


def test_nothing_left(write: Any) -> None:
    fault = the_fault_of(write("a,y\n,1\n2,\n"), "y", missing="drop")
    assert fault == (
        "every row of table.csv has holes, so missing='drop' leaves none: 'a' (1 hole), 'y' (1 "
        "hole). Leave out the columns with the most (drop=[...])."
    )


@pytest.mark.parametrize("options", [{}, {"missing": "drop"}, {"prepare": SimpleImputer()}])
def test_columns_of_holes_alone_are_told_with_what_leaves_them_out(
    options: dict[str, Any], write: Any
) -> None:
    path = write("a,junk,more,y\n1,,n/a,1.5\n,,?,2.5\n3,,,3.5\n")
    fault = the_fault_of(path, "y", drop="a", features=["junk", "more"], **options)
    assert fault == (
        "2 columns of table.csv without a value in any row: 'junk', 'more'. Pass "
        "drop=['junk', 'more']."
    )
    options = {"missing": "drop", **options}
    assert from_csv(path, "y", drop=["junk", "more"], **options).feature_names == ("a",)
    assert "the target 'junk' holds no value in table.csv" in faults_of(path, "junk", **options)[0]


def test_marks_of_holes_are_named(write: Any) -> None:
    text = "age,job,y\n1,?,0\n-,clerk,1\nunknown,cook,0\n4,cook,1\n5,cook,0\n"
    fault = the_fault_of(write(text), "y")
    assert "'age' (2 holes, written '-', 'unknown', the first in row 1)" in fault
    assert "'job' (1 hole, written '?', the first in row 0)" in fault
    data = from_csv(write(text), "y", missing="drop", shuffle=False)
    np.testing.assert_array_equal(data.x, [[4, 1], [5, 1]])
    assert data.source == (
        "table.csv, 3 cells taken for holes ('-' 1, 'unknown' 1, '?' 1), 3 rows with holes left out"
    )


def test_what_may_be_a_hole_or_a_category_is_asked(write: Any) -> None:
    path = write("land,y\nNA,1.5\nDE,2.5\n,3.5\nNone,4.5\n")
    fault = the_fault_of(path, "y", missing="drop")
    assert fault.startswith("1 column of text with 'NA', 'None', which may be a hole or a category")
    assert "'land' (2 cells, the first in row 0)" in fault
    assert from_csv(path, "y", missing="drop", na_values=[]).feature_names == (
        "land=DE",
        "land=NA",
        "land=None",
    )
    kept = from_csv(path, "y", missing="drop", na_values="NA")
    assert kept.feature_names == ("land=DE", "land=None")
    assert from_csv(path, "y", missing="drop", categories="land").x.shape == (3, 3)
    frame = pd.DataFrame({"land": ["NA", "DE"], "y": [0.5, 1.5]})
    assert from_csv(frame, "y").feature_names == ("land=DE", "land=NA")


def test_rows_of_nothing(write: Any) -> None:
    fault = the_fault_of(write("a,y\n1,2\n3,4\n,\n,\n"), "y")
    assert "2 rows of them hold nothing at all, the first row 2." in fault


# Columns left out, and codes


def test_columns_are_left_out(write: Any) -> None:
    path = write(PLAIN)
    data = from_csv(path, "ill", drop=["sex", "weight"])
    assert data.feature_names == ("age", "smokes")
    assert from_csv(path, "ill", features=["age", "sex"], drop="sex").feature_names == ("age",)
    assert "Did you mean 'sex'?" in the_fault_of(path, "ill", drop="sexx")
    assert "drop holds the target 'ill'" in the_fault_of(path, "ill", drop="ill")
    second = write("age,smokes,ill\n30,True,no\n", "held.csv")
    assert from_csv(path, "ill", drop=["sex", "weight"], test=second).test.x.shape == (1, 2)


def test_codes_become_categories(write: Any) -> None:
    path = write("zip,grade,y\n00501,1,3\n10115,2,4\n00501,1,3\n10115,3,4\n")
    data = from_csv(path, "y", categories=["zip", "y"], shuffle=False)
    assert data.feature_names == ("zip=00501", "zip=10115", "grade")
    assert data.class_names == ("3", "4")
    np.testing.assert_array_equal(data.y, [0, 1, 0, 1])
    frame = pd.DataFrame({"code": [1.0, 2.0, None], "y": [0.5, 1.5, 2.5]})
    assert from_csv(frame, "y", categories="code", missing="drop").feature_names == (
        "code=1",
        "code=2",
    )


def test_names_that_are_mostly_numbers_can_be_left_out(write: Any) -> None:
    tickets = ["A/5 21171", *(str(113_800 + row) for row in range(60))]
    rows = [f"{row},{ticket},{row % 2}" for row, ticket in enumerate(tickets)]
    path = write("\n".join(["n,ticket,y", *rows]))
    fault = the_fault_of(path, "y")
    assert "column 'ticket' is mostly numbers, but 1 cell" in fault
    assert "the first 'A/5 21171' in row 0" in fault
    assert fault.endswith("If they are names or codes, leave the column out (drop=['ticket']).")
    assert from_csv(path, "y", drop="ticket").feature_names == ("n",)
    few = write("door,y\n2,1\n3,2\n4,1\n5more,2\n")
    assert "or read it as categories (categories=['door'])" in the_fault_of(few, "y")
    assert from_csv(few, "y", categories="door").x.shape == (4, 4)


# The test part and the order


def big(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"a": np.arange(rows), "y": ["no", "yes"] * (rows // 2)})


def test_the_test_part_is_stratified_and_the_same_on_every_call() -> None:
    data, again = from_csv(big(40), "y", test=0.25), from_csv(big(40), "y", test=0.25)
    assert data.fingerprint == again.fingerprint
    assert (data.rows, len(data.test.y), data.test.y.sum()) == (30, 10, 5)
    assert sorted([*data.x[:, 0], *data.test.x[:, 0]]) == list(range(40))
    for x, y in ((data.x, data.y), data.test[:2]):
        np.testing.assert_array_equal(x[:, 0] % 2, y)


def test_rows_are_shuffled_unless_told() -> None:
    data = from_csv(big(40), "y")
    assert sorted(data.x[:, 0]) == list(range(40)) != list(data.x[:, 0])
    ordered = from_csv(big(40), "y", shuffle=False, test=0.1)
    np.testing.assert_array_equal(ordered.x[:, 0], np.arange(36))
    np.testing.assert_array_equal(ordered.test.x[:, 0], np.arange(36, 40))


def test_a_second_file_is_the_test_part(write: Any) -> None:
    train = write("a,c,y\n1,u,p\n2,v,q\n,v,p\n4,w,q\n")
    test = write("y,c,extra,a\nq,v,0,9\n", "held.csv")
    data = from_csv(train, "y", test=test, missing="drop", shuffle=False)
    assert data.feature_names == ("a", "c=u", "c=v", "c=w")
    np.testing.assert_array_equal(data.x, [[1, 1, 0, 0], [2, 0, 1, 0], [4, 0, 0, 1]])
    np.testing.assert_array_equal(data.test.x, [[9, 0, 1, 0]])
    np.testing.assert_array_equal(data.test.y, [1])
    assert data.source == "table.csv, tested on held.csv, 1 row with holes left out"


def test_a_second_file_needs_only_the_columns_in_use(write: Any) -> None:
    train = write("id,a,y\n1,5,p\n2,6,q\n")
    data = from_csv(train, "y", features="a", test=write("y,a\nq,7\n", "held.csv"))
    np.testing.assert_array_equal(data.test.x, [[7]])
    frame = pd.DataFrame({"a": [1.0, 2.0], "y": [0, 1]})
    assert from_csv(frame, "y", test=frame).source == "a DataFrame, tested on the second DataFrame"


def test_faults_of_a_second_file_name_it(write: Any) -> None:
    train = write("a,y\n1,p\n2,q\n3,p\n4,q\n")
    assert "'y' is no column of held.csv" in the_fault_of(
        train, "y", test=write("a,z\n1,p\n", "held.csv")
    )
    fault = the_fault_of(train, "y", test=write("a,y\n1,p\n,p\n", "held.csv"))
    assert "'a' (1 hole, the first in row 1 of held.csv)" in fault
    fault = the_fault_of(train, "y", test=write("a,y\n1,p\n2,r\n", "held.csv"))
    assert "the target 'y' is 'r' in row 1 of held.csv, which table.csv never shows" in fault
    fault = the_fault_of(train, "y", test=write("a,y\none,p\n", "held.csv"))
    assert "column 'a' is mostly numbers, but 1 cell" in fault
    assert "the first 'one' in row 0 of held.csv" in fault
    fault = the_fault_of(train, "y", test=write("a,y\n,p\n", "held.csv"), missing="drop")
    assert "every row of held.csv has holes" in fault


def test_a_class_of_one_row_cannot_be_held_out_in_proportion(write: Any) -> None:
    fault = the_fault_of(write("a,y\n1,p\n2,p\n3,p\n4,q\n"), "y", test=0.5)
    assert "these have a single row: 'q'" in fault
    fault = the_fault_of(write("a,y\n1,p\n2,p\n3,q\n4,q\n"), "y", test=0.1)
    assert "leaves 1 on one side, fewer than the 2 classes" in fault
    fault = the_fault_of(write("a,y\n1,.5\n2,.7\n"), "y", test=0.9)
    assert fault == "test=0.9 of 2 rows leaves none to train on."


# Bad files


def test_files_that_are_none(write: Any, tmp_path: Path) -> None:
    write(PLAIN, "house.csv")
    assert the_fault_of(tmp_path / "hous.csv", "y").endswith("Did you mean 'house.csv'?")
    assert "is a folder" in the_fault_of(tmp_path, "y")
    assert "is empty" in the_fault_of(write(""), "y")
    assert "is empty" in the_fault_of(write(" \n\n"), "y")
    assert "but no rows below" in the_fault_of(write("a,y\n"), "y")
    assert "binary, no text" in the_fault_of(write(b"\x89PNG\r\n\x1a\n\0\0\0"), "y")
    assert "an Excel workbook" in the_fault_of(write(b"PK\x03\x04\0\0", "t.xlsx"), "y")
    assert "cannot be read" in the_fault_of(write(b"no gzip", "t.csv.gz"), "y")
    assert "cannot be read" in the_fault_of(write(gzip.compress(b"a,b" * 99)[:-9], "u.csv.gz"), "y")
    assert "of type int; pass the path" in the_fault_of(3, "y")


def test_another_encoding_says_which_byte(write: Any) -> None:
    content = "a,성별\n1,남\n".encode("cp949")
    fault = the_fault_of(write(content), "a")
    assert "byte 2 (counted from 0; in line 1) is 0xbc" in fault
    assert "encoding='cp949'" in fault


def test_tables_that_are_none(write: Any) -> None:
    fault = the_fault_of(write("a;b;y\n1;2;3\n"), "y")
    assert fault.startswith("table.csv has one column only, 'a;b;y', with ',' between columns.")
    assert fault.endswith("Pass sep=';'.")
    assert "sep='\\t'" in the_fault_of(write("a\ty\n1\t2\n"), "y")
    assert "two columns are the least" in the_fault_of(write("some words\nand more\n"), "y")
    assert "more than one column named 'a', 'b'" in the_fault_of(
        write("a,b,a,b,y\n1,2,3,4,5\n"), "y"
    )
    assert "row 1 (line 3) has 3: '1,2,3'" in the_fault_of(write("a,y\n1,2\n1,2,3\n"), "y")
    assert "2 names with ',' between them, but 2 rows of other lengths" in the_fault_of(
        write("a,y\n1,2,3\n4,5,6\n"), "y"
    )
    assert "sep is ', '; pass the one character" in the_fault_of(write(PLAIN), "y", sep=", ")
    assert "in the row that begins in line 2 (it failed in line 3)" in the_fault_of(
        write('a,y\n1,"2\n3,4\n'), "y"
    )
    frame = pd.DataFrame([[1, 2, 3]], columns=["a", "a", "y"])
    assert "the DataFrame has more than one column named 'a'" in the_fault_of(frame, "y")


def test_unknown_columns_all_at_once(write: Any) -> None:
    path = write(PLAIN)
    faults = faults_of(path, "il", features=["agee", "sex", "nothing"], missing="dorp", test=2)
    assert len(faults) == 5
    assert faults[0] == "missing is 'dorp'; pass one of ['error', 'drop']. Did you mean 'drop'?"
    assert faults[1].startswith("test is 2; pass the fraction of the rows to hold out")
    assert faults[2].startswith("target 'il' is no column of table.csv, which has 'age', 'sex'")
    assert faults[2].endswith("Did you mean 'ill'?")
    assert faults[3].endswith("Did you mean 'age'?")
    assert "features hold the target" in the_fault_of(path, "ill", features=["ill", "age"])
    assert "features name a column twice" in the_fault_of(path, "ill", features=["age", "age"])
    assert "no column to predict from" in the_fault_of(path, "ill", features=[])
    assert "no column to predict from" in the_fault_of(pd.DataFrame({"y": [1.5, 2.5]}), "y")


def test_a_file_without_names(write: Any) -> None:
    fault = the_fault_of(write("5.1,3.5,setosa\n4.9,3.0,setosa\n"), "species")
    assert "The first line looks like values: put a line of names above it" in fault


# Bad cells


@pytest.mark.parametrize("cell", ["1,234", "12 kg", "some"])
def test_numbers_written_as_text(cell: str, write: Any) -> None:
    rows = ["1", "2", "3.5", cell, "5", cell]
    fault = the_fault_of(
        write("a,y\n" + "".join(f'"{row}",{i}.5\n' for i, row in enumerate(rows))), "y"
    )
    assert "column 'a' is mostly numbers, but 2 cells cannot be read as one" in fault
    assert f"the first '{cell}' in row 3." in fault


def test_numbers_that_are_all_dressed(write: Any) -> None:
    path = write('a,y\n"1,234",1.5\n"$2,500.50",2.5\n"3 000",3.5\n')
    assert "the first '1,234' in row 0" in the_fault_of(path, "y")


def test_infinite_numbers(write: Any) -> None:
    fault = the_fault_of(write("a,y\n1,2.5\n1e39,3.5\n-inf,4.5\n"), "y")
    assert "column 'a' holds 2 numbers infinite as float32, the first 1e+39 in row 1" in fault
    assert "column 'y' holds 1 number infinite" in the_fault_of(write("a,y\n1,inf\n2,3\n"), "y")


def test_other_types() -> None:
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2020", periods=3),
            "lists": [[1], [2], [3]],
            "z": [1j, 2j, 3j],
            "y": [0.5, 1.5, 2.5],
        }
    )
    faults = faults_of(frame, "y")
    assert [fault.split(", such as")[0] for fault in faults] == [
        "column 'when' holds datetime64 values",
        "column 'lists' holds object values",
        "column 'z' holds complex values",
    ]


def test_bad_targets(write: Any) -> None:
    fault = the_fault_of(write("a,y\n1,p\n2,p\n"), "y")
    assert fault == "the target 'y' is 'p' in every row; there is nothing to learn."
    assert "is 3 in every row" in the_fault_of(write("a,y\n1,3\n2,3\n"), "y")
    fault = the_fault_of(write("a,y\n1,p\n2,q\n"), "y", task="regression")
    assert "task is 'regression', but the target 'y' holds text, such as 'p'" in fault
    fault = the_fault_of(write("a,y\n1,p\n2,q\n3,r\n4,s\n"), "y")
    assert "holds 4 different texts in 4 rows" in fault


def test_all_faults_of_the_cells_at_once(write: Any) -> None:
    text = 'a,b,c,y\n1,2,inf,p\n"1,5",,3,p\n3,4,5,p\n4,5,6,p\n'
    with pytest.raises(dure.StudyError, match="4 things are wrong with the table table.csv"):
        from_csv(write(text), "y")


@pytest.mark.parametrize(
    ("cells", "remedy"),
    [
        (["1", "2", "1,234"], "thousands=',' ('1,234' is then 1234) or decimal=',' ('1,234' is"),
        (["1,5", "2"], "decimal=',' ('1,5' is then 1.5)."),
        (["1.234,5", "7"], "decimal=',', thousands='.' ('1.234,5' is then 1234.5)."),
        (["1 234", "7"], "thousands=' ' ('1 234' is then 1234)."),
        (["12%", "7%"], "frame['a'].str.replace('%', '').astype(float) ('12%' is then 12)"),
        (["1", "2", "3", "some"], "(or pass na_values=['some'])"),
    ],
)
def test_the_argument_that_reads_numbers_is_offered(
    cells: list[str], remedy: str, write: Any
) -> None:
    rows = [f'"{cell}",{row}.5' for row, cell in enumerate(cells)]
    assert remedy in the_fault_of(write("\n".join(["a,y", *rows])), "y")


@pytest.mark.parametrize("decimal", [".", ","])
def test_two_points_in_a_number_stand_between_thousands(decimal: str, write: Any) -> None:
    path = write("pop;y\n1.488.202;1\n763.380;2\n3.664.088;3\n900;4\n")
    fault = the_fault_of(path, "y", sep=";", decimal=decimal)
    assert "the first '1.488.202' in row 0. Pass decimal=',', thousands='.'." in fault
    data = from_csv(path, "y", sep=";", decimal=",", thousands=".", shuffle=False)
    np.testing.assert_array_equal(data.x[:, 0], [1_488_202, 763_380, 3_664_088, 900])


def test_an_argument_that_was_given_is_not_taken_back(write: Any) -> None:
    fault = the_fault_of(write("a;y\n1,5;1\n1.200;2\n2,5;3\n"), "y", sep=";", decimal=",")
    assert "Pass decimal=',', thousands='.' ('1.200' is then 1200). If" in fault


def test_no_group_of_thousands_begins_with_a_zero(write: Any) -> None:
    fault = the_fault_of(write('a,y\n"1,200",1\n"0,950",2\n7,3\n'), "y", thousands=",")
    assert "the first '0,950' in row 1" in fault


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (["$1,234.50", "$7"], 1234.5),
        (["₩3,000", "₩500"], 3000),
        (["(1,234)", "5", "(6)"], -1234),
        (["100-", "5", "7-"], -100),
        (["3,000원", "7,500원", "80원"], 3000),
        (["1,5 kg", "3 kg", "4,25 kg"], 1.5),
        (["R$ 1.234,50", "R$ 7,00", "R$ 12,00"], 1234.5),
        (["CHF 1'200", "CHF 1'300", "CHF 12"], 1200),
        (["12%", "-", "7%"], 12),
    ],
)
def test_the_code_that_is_offered_makes_numbers(cells: list[str], value: float, write: Any) -> None:
    frame = pd.DataFrame({"a": cells, "y": np.arange(len(cells)) + 0.5})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            from_csv(frame, "y")
            told = str(caught[0].message)
        except dure.StudyError as error:
            told = str(error)
    code = re.search(r"((?:pandas\.to_numeric\()?frame\['a'\].*?\)) \(['\"]", told)
    assert code, told
    frame["a"] = eval(code[1], {"frame": frame, "pandas": pd})
    assert frame["a"].iloc[0] == value
    assert from_csv(frame, "y", missing="drop").feature_names == ("a",)


def test_a_table_as_a_german_excel_writes_it(write: Any) -> None:
    content = "Größe;Preis;y\n1,5;1.200,50;a\n2,5;900,00;b\nk.A.;12.000,10;a\n".encode("cp1252")
    options = {"sep": ";", "decimal": ",", "thousands": ".", "encoding": "cp1252"}
    data = from_csv(write(content), "y", missing="drop", shuffle=False, **options)
    np.testing.assert_array_equal(data.x, np.float32([[1.5, 1200.5], [2.5, 900]]))
    excel = write("sep=;\na;y\n1;2\n3;4\n")
    np.testing.assert_array_equal(from_csv(excel, "y", shuffle=False).x, [[1], [3]])


def test_what_nobody_sees_in_a_cell_does_not_count(write: Any) -> None:
    data = from_csv(write("a,y\n\ufeff1,2.5\n2\u200b,3.5\n\u200e3\u200f,4.5\n"), "y", shuffle=False)
    np.testing.assert_array_equal(data.x, [[1], [2], [3]])
    assert from_csv(write('"a\nb",y\n1,2\n3,4\n'), "y").feature_names == ("a\nb",)


def test_dates_are_told_as_such(write: Any) -> None:
    rows = [f"2020-{row % 12 + 1:02}-{row % 28 + 1:02},{row}.5" for row in range(90)]
    assert "pandas.to_datetime" in the_fault_of(write("\n".join(["day,y", *rows])), "y")


def test_what_is_no_table(write: Any) -> None:
    assert "is a web page" in the_fault_of(write("<!DOCTYPE html>\n<html>a,b"), "y")
    assert "git lfs pull" in the_fault_of(
        write("version https://git-lfs.github.com/spec/v1\n"), "y"
    )
    assert "Delete what stands above" in the_fault_of(write("Report\na,b,y\n1,2,3\n"), "y")
    assert "delete what stands above" in the_fault_of(write("Report,,\na,b,y\n1,2,3\n"), "y")
    assert "Delete what stands above" in the_fault_of(write("# made\na,y\n1,2\n"), "y")
    fault = the_fault_of(write("a,y\n1,2\n a,y\n3,4\n"), "y")
    assert "repeats the names of its columns in 1 row: row 1 (line 3)" in fault
    adult = write("39, State-gov, 77516, <=50K\n50, Private, 83311, <=50K\n")
    assert "pandas.read_csv(path, header=None, names=[...])" in the_fault_of(adult, "income")
    assert "Pass sep=';'" in the_fault_of(write("a;y, in won\n1;2,5\n"), "a")


# A plain twin


cells = st.one_of(st.integers(-99, 99).map(str), st.sampled_from(["0.25", "-1e3"]))
rows_of = st.lists(
    st.tuples(cells, st.sampled_from(["서울", "부산", 'say "x", y', "a\nb"]), cells),
    min_size=2,
    max_size=12,
    unique_by=lambda row: float(row[2]),
)


@settings(max_examples=40, deadline=None)
@given(rows=rows_of)
def test_the_same_as_a_plain_reading(
    rows: list[tuple[str, str, str]], tmp_path_factory: Any
) -> None:
    path = tmp_path_factory.mktemp("twin") / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("n", "city", "y"), *rows])
    data = from_csv(path, "y", task="regression", shuffle=False)
    cities = sorted({city for _, city, _ in rows})
    assert data.feature_names == ("n", *(f"city={city}" for city in cities))
    plain = [[float(n), *(float(city == known) for known in cities)] for n, city, _ in rows]
    np.testing.assert_array_equal(data.x, np.float32(plain))
    np.testing.assert_array_equal(data.y.astype(float), [float(y) for _, _, y in rows])


@pytest.mark.parametrize(("one", "two"), [("TRUE", "FALSE"), ("True", "False"), ("1", "0")])
def test_truth_is_the_same_however_a_part_writes_it(one: str, two: str, write: Any) -> None:
    train = write(f"s,y\n{one},1.5\n{two},2.5\n{one},3.5\n")
    for other in (("1", "0"), ("TRUE", "FALSE"), ("false", "")):
        test = write(f"s,y\n{other[0]},1.5\n{other[1]},2.5\n", "held.csv")
        data = from_csv(train, "y", test=test, missing="drop", shuffle=False)
        assert data.feature_names == ("s",)
        np.testing.assert_array_equal(data.x[:, 0], [1, 0, 1])
        np.testing.assert_array_equal(data.test.x[:, 0], [0] if "" in other else [1, 0])
    frames = [pd.DataFrame({"s": s, "y": [0.5, 1.5]}) for s in ([True, False], [0, 1])]
    for train, test in (frames, frames[::-1]):
        assert from_csv(train, "y", test=test).feature_names == ("s",)
    target = [pd.DataFrame({"a": [1, 2], "s": s}) for s in ([True, False], [0, 1])]
    np.testing.assert_array_equal(from_csv(target[0], "s", test=target[1]).test.y, [0, 1])


def test_parts_of_different_kinds_are_refused(write: Any) -> None:
    train = write("s,y\n1,1.5\n0,2.5\n1,3.5\n")
    fault = the_fault_of(train, "y", test=write("s,y\nyes,1\nno,2\nyes,1\nno,2\n", "held.csv"))
    assert fault.startswith(
        "column 's' holds numbers in table.csv, but 'yes' in row 0 of held.csv. Write both"
    )
    train = write("s,y\nyes,1.5\nno,2.5\nyes,3.5\n")
    fault = the_fault_of(train, "y", test=write("s,y\n1,1\n0,2\n", "held.csv"))
    assert "holds '1' in row 0 of held.csv, and no value there is one of table.csv" in fault
    codes = write("s,y\nA1,1.5\n12,2.5\nB2,3.5\n12,4.5\nC3,5.5\nA1,6.5\n")
    assert from_csv(codes, "y", test=write("s,y\n12,1\n12,2\n", "held.csv")).x.shape == (6, 4)


def test_categories_of_the_test_part_alone_are_told_and_no_features(write: Any) -> None:
    train = write("a,c,y\n1,u,p\n2,v,q\n3,u,p\n")
    test = write("a,c,y\n4,v,q\n5,new,p\n", "held.csv")
    with pytest.warns(UserWarning, match="'c' holds 'new' in 1 row, the first row 1 of held.csv"):
        data = from_csv(train, "y", test=test)
    assert data.feature_names == ("a", "c=u", "c=v")
    np.testing.assert_array_equal(data.test.x, [[4, 0, 1], [5, 0, 0]])


def test_categories_of_two_frames_keep_their_kind_and_order(write: Any) -> None:
    sizes = pd.Categorical(["s", "l", "m"], ["s", "m", "l"], ordered=True)
    train = pd.DataFrame({"size": sizes, "zone": pd.Categorical([1, 2, 3]), "y": [0.5, 1.5, 2.5]})
    for other in (pd.Categorical(["l", "s"]), pd.Series(["l", "s"])):
        test = pd.DataFrame({"size": other, "zone": pd.Categorical([3, 1]), "y": [1.5, 2.5]})
        data = from_csv(train, "y", test=test, shuffle=False)
        assert data.feature_names == ("size=s", "size=m", "size=l", "zone=1", "zone=2", "zone=3")
        np.testing.assert_array_equal(data.test.x, [[0, 0, 1, 0, 0, 1], [1, 0, 0, 1, 0, 0]])
    plain = train.astype({"zone": int}).drop(columns="size")
    assert from_csv(plain, "y", test=train).feature_names == ("zone",)


# Columns without a name, and targets that only look like classes


@pytest.mark.parametrize(
    "lines",
    [
        [",a,y", "0,5,1", "1,6,2", "2,7,3"],
        [",a,y", "17,5,1", "3,6,2", "40,7,3"],
        ['"","a","y"', '"Mazda RX4",5,1', '"Datsun 710",6,2', '"Fiat 128",7,3'],
        ["Unnamed: 0,a,y", "0,5,1", "1,6,2", "2,7,3"],
    ],
)
def test_a_first_column_that_only_names_rows_is_left_out(lines: list[str], write: Any) -> None:
    data = from_csv(write("\n".join(lines)), "y", shuffle=False)
    assert data.feature_names == ("a",)
    np.testing.assert_array_equal(data.x, [[5], [6], [7]])
    name = lines[0].partition(",")[0].strip('"') or "unnamed"
    assert data.source == f"table.csv, first column ({name}) left out"
    test = write("a,y\n8,4\n", "held.csv")
    assert from_csv(write("\n".join(lines)), "y", test=test).test.x.tolist() == [[8]]


def test_columns_without_a_name_matter_only_in_use(write: Any) -> None:
    for lines in (["a,,y", "1,9,2", "3,9,4"], [",a,y", "9,1,2", "9,3,4"]):
        path = write("\n".join(lines))
        fault = the_fault_of(path, "y")
        assert "has columns without a name, at place" in fault and "drop=''" in fault
        for options in ({"drop": ""}, {"features": ["a"]}):
            data = from_csv(path, "y", shuffle=False, **options)
            np.testing.assert_array_equal(data.x, [[1], [3]])
    path = write("a,a,b,y\n1,5,2,3\n4,5,5,6\n")
    assert "more than one column named 'a'. Give each its own name." in the_fault_of(path, "y")
    assert from_csv(path, "y", drop="a").feature_names == ("b",)
    assert from_csv(path, "y", features="b").feature_names == ("b",)
    assert "more than one column" in the_fault_of(path, "y", features=["a", "b"])
    first = write("Unnamed: 0,a,y\n5,1,2\n9,3,4\n")
    assert from_csv(first, "y").feature_names == ("Unnamed: 0", "a")


@pytest.mark.parametrize(
    "text",
    [
        "a,y,,\n1,2,,\n3,4,,\n",
        "a,y\n1,2,,\n3,4,,\n",
        "a,y,\n1,2,,,\n3,4,,,\n",
        "a,,y\n1,,2\n3,,4\n",
    ],
)
def test_empty_columns_without_a_name_are_none(text: str, write: Any) -> None:
    data = from_csv(write(text), "y", shuffle=False)
    np.testing.assert_array_equal(data.x, [[1], [3]])
    np.testing.assert_array_equal(data.y, [2, 4])


def test_a_file_of_numbers_without_names(write: Any) -> None:
    fault = the_fault_of(write("7,0,0,1.5\n2,0,0,2.5\n"), "0")
    assert "more than one column named '0'. The first line looks like values" in fault


def test_texts_that_come_again_below_are_no_names(write: Any) -> None:
    rows = ["0,NO_QUERY,kim,so sad", "0,NO_QUERY,lee,awful", "4,NO_QUERY,kim,fine"]
    fault = the_fault_of(write("\n".join(rows)), "text")
    assert "The first line looks like values: put a line of names above it" in fault
    names = write("name,query,user,words\n" + "\n".join(rows))
    assert "looks like values" not in the_fault_of(names, "text")


def test_what_is_read_from_elsewhere(write: Any) -> None:
    for address in ("https://x.org/t.csv", "s3://bucket/t.csv"):
        assert "is an address on the network" in the_fault_of(address, "y")
    assert "sep='::', engine='python'" in the_fault_of(write(PLAIN), "y", sep="::")
    assert "sep=r'\\s+'" in the_fault_of(write(PLAIN), "y", sep="  ")
    fault = the_fault_of(write(PLAIN), "ill", na_values={"age": -1})
    assert "na_values is {'age': -1}, one for each column; pass a list that counts for all" in fault


def test_whole_numbers_that_look_like_classes_may_be_amounts() -> None:
    ages = np.random.default_rng(0).normal(45, 15, 300).astype(int)
    frame = pd.DataFrame({"a": np.arange(300), "age": ages})
    fault = the_fault_of(frame, "age", test=0.2)
    assert fault.index("pass task='regression'") < fault.index("Give each class two rows")
    assert "task='regression'" not in the_fault_of(frame, "age", test=0.2, task="classification")
    assert from_csv(frame, "age", test=0.2, task="regression").task == "regression"
    names = pd.DataFrame({"a": range(5), "y": ["p", "p", "q", "q", "r"]})
    assert "task='regression'" not in the_fault_of(names, "y", test=0.4)


def test_many_whole_numbers_are_told_when_taken_for_classes() -> None:
    ages = np.random.default_rng(0).integers(18, 80, 400)
    frame = pd.DataFrame({"a": np.arange(400), "age": np.repeat(ages[:200], 2)})
    with pytest.warns(UserWarning, match="the target 'age' holds .* taken for classes.*regression"):
        from_csv(frame, "age")
    for task in ("regression", "classification"):
        assert from_csv(frame, "age", task=task).task == task
    for labels in (np.arange(400) % 30, 1 + np.arange(400) % 26, 10 * (np.arange(400) % 12)):
        assert from_csv(frame.assign(age=labels), "age").task == "classification"


def test_amounts_beyond_int32_are_floats(write: Any) -> None:
    rows = [f"{row},{row * 10**8}" for row in range(40)]
    path = write("\n".join(["a,revenue", *rows]))
    for task in (None, "regression"):
        data = from_csv(path, "revenue", task=task, shuffle=False)
        assert (data.task, data.y.dtype) == ("regression", np.float32)
        np.testing.assert_allclose(data.y, np.arange(40) * 1e8)
    small = from_csv(write("a,n\n1,2147483647\n2,-2147483648\n3,5\n"), "n")
    assert small.y.dtype == np.int64


def test_texts_are_classes_however_many() -> None:
    frame = pd.DataFrame({"a": range(50), "y": [f"name {row % 25}" for row in range(50)]})
    data = from_csv(frame, "y", test=0.5)
    assert (data.task, len(data.class_names), len(data.y)) == ("classification", 25, 25)


def test_one_name_of_any_type_is_enough(write: Any) -> None:
    frame = pd.DataFrame({3: [1.0, 2.0], 4: [5.0, 6.0], "y": [0.5, 1.5]})
    assert from_csv(frame, "y", features=3).feature_names == ("3",)  # type: ignore[arg-type]
    assert from_csv(frame, "y", drop=3).feature_names == ("4",)  # type: ignore[arg-type]
    quoted = "'a','b','y'\n1,2,3\n"
    assert 'Pass quote="\'" if that stands round' in the_fault_of(write(quoted), "y")
    assert "'5' is no column" in the_fault_of(frame, "y", categories=5)
