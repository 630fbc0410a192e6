"""More rows and larger networks: shares of rows, the law, and both commands on tiny networks."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import dure
import dure.training.sweeps as growing
from dure.cli import app
from dure.cli.study_source import find_study
from dure.data.splits import Split, k_folds, train_on_share
from dure.errors import StudyChangedError, StudyError
from dure.stats.power_law import doubling

FILE = """
import dure
import keras

def build(units=4, rate=0.01):
    model = keras.Sequential(
        [keras.layers.Input((30,)), keras.layers.Dense(units, "relu"), keras.layers.Dense(1)]
    )
    model.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(from_logits=True))
    return model

study = dure.Study(
    build, dure.data.breast_cancer().take(slice(200)), seeds=3, validation_split=0.4, epochs=3,
    batch_size=20, health=False, name="growing",
)
"""


def plain(build: Any = None, **given: Any) -> dure.Study:
    """A study that is never run."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 3)).astype("float32")
    data = given.pop("data", dure.Data(x, rng.integers(0, 2, 100)))
    given = {"validation_split": 0.2, "epochs": 5, "batch_size": 8, **given}
    return dure.Study(build or (lambda units=4: None), data, **given)


# Shares of the training rows.


@settings(deadline=None)
@given(
    st.integers(2, 120), st.integers(1, 5), st.floats(0.01, 1), st.floats(0.01, 1), st.booleans()
)
def test_shares_are_nested_and_keep_the_proportions(
    rows: int, classes: int, small: float, large: float, stratified: bool
) -> None:
    small, large = sorted((small, large))
    rng = np.random.default_rng(rows)
    labels = rng.integers(0, classes, rows)
    used = rng.permutation(rows).astype(np.int32)[: max(2, rows - 1)]
    split = Split(2, np.sort(used), np.setdiff1d(np.arange(rows, dtype=np.int32), used))
    known = labels if stratified else None
    less, more = (train_on_share(split, share, known, None) for share in (small, large))
    assert set(less.train) <= set(more.train) <= set(split.train)
    assert np.array_equal(less.train, np.sort(less.train)) and less.train.dtype == np.int32
    assert len(less.train) == max(1, round(small * len(split.train)))
    assert less.validation is split.validation and less.fold == 2
    again = train_on_share(split, small, known, None)
    assert np.array_equal(again.train, less.train)
    if stratified:
        for one in range(classes):
            whole = int((labels[split.train] == one).sum())
            kept = int((labels[less.train] == one).sum())
            assert abs(kept - whole * len(less.train) / len(split.train)) <= 1 + classes / 2


def test_folds_draw_their_own_rows_and_time_keeps_the_latest() -> None:
    whole = k_folds(90, 3, None)
    one, two, _ = (train_on_share(split, 0.3, None, None) for split in whole)
    assert len(one.train) == len(two.train) == 18
    places = [
        np.flatnonzero(np.isin(split.train, part.train))
        for split, part in zip(whole, (one, two), strict=False)
    ]
    assert not np.array_equal(*places)
    in_time = train_on_share(Split(1, np.arange(50, dtype=np.int32), None), 0.2, None, 3)
    assert in_time.train.tolist() == list(range(40, 50))


def test_a_study_trains_on_its_share() -> None:
    study = plain(train_share=0.25)
    (split,), (whole,) = study.splits, plain().splits
    assert len(split.train) == 20 and np.array_equal(split.validation, whole.validation)
    assert study.to_manifest()["study"]["train_share"] == 0.25
    assert "train_share" not in plain().to_manifest()["study"]
    x = np.zeros((40, 3), "float32")
    study = plain(validation_split=0.0, validation_data=(x, np.zeros(40, int)), train_share=0.1)
    (split,) = study.splits
    assert len(split.train) == 10 and split.train.max() < 100
    assert split.validation.tolist() == list(range(40))
    for share in (0, 1.5, -1, True, "half", np.nan):
        with pytest.raises(StudyError, match="train_share is"):
            plain(train_share=share)


# The law.


@pytest.mark.parametrize(
    ("offset", "scale", "exponent"), [(0.1, 0.1, 0.5), (0.0, 0.3, 0.3), (0.3, 0.0, 0.5)]
)
@pytest.mark.parametrize("lanes", [5, 10])
def test_what_twice_the_rows_bring_is_covered(
    offset: float, scale: float, exponent: float, lanes: int
) -> None:
    rng, rows = np.random.default_rng(1), np.array([100.0, 200, 500, 1000])
    truth = scale * (2**-exponent - 1)
    mean = offset + scale * (rows / 1000) ** -exponent
    found = [
        doubling(
            mean
            + 0.01 * (rows / 1000) ** -0.3 * rng.normal(size=(lanes, 4))
            + 0.02 * rng.normal(size=(lanes, 1)),
            rows,
        )
        for _ in range(1000)
    ]
    known = [one for one in found if one is not None]
    assert len(known) >= 970  # 1 % are refused by chance
    assert 0.915 <= np.mean([one.low <= truth <= one.high for one in known]) <= 0.99
    helps = np.mean([one.high < 0 for one in known])
    assert helps < 0.06 if scale == 0 else helps > 0.97


def test_what_is_no_law_or_cannot_be_checked_is_refused() -> None:
    rng, rows = np.random.default_rng(2), np.array([100.0, 200, 400, 800, 1600])
    noise = 0.005 * rng.normal(size=(6, 5))
    assert doubling(0.5 + rows**-0.5 + noise, rows) is not None
    assert doubling(np.array([0.5, 0.5, 0.2, 0.5, 0.5]) + noise, rows) is None
    assert doubling((0.5 + rows**-0.5 + noise)[:, :3], rows[:3]) is None
    assert doubling((0.5 + rows**-0.5 + noise)[:1], rows) is None
    assert doubling(np.ones((6, 5)), rows) is None
    higher = doubling(0.9 - rows**-0.5 + noise, rows)
    assert higher is not None and higher.gain > 0


# Studies that are wrong.


def test_faults_of_a_learning_curve() -> None:
    with pytest.raises(StudyError, match="train_share=0.5 itself") as raised:
        plain(train_share=0.5, validation_split=0.0).learning_curve([0.5, 0.5, 2])
    assert len(raised.value.faults) == 4
    with pytest.raises(StudyError, match="are 1 rows; leave out 0.011"):
        plain().learning_curve([0.01, 0.011, 1])


def test_small_shares_take_as_many_steps_and_validate_as_often() -> None:
    study = plain(validation_freq=2)
    for rows, part in growing._studies_on_shares(study, (0.1, 0.35, 1)).items():
        steps = -(-rows // 8)
        assert part.epochs * steps >= 5 * 10 and len(part.splits[0].train) == rows
        assert part.epochs // part.validation_freq == 5 // 2
    listed = plain(validation_freq=[1, 4])
    parts = growing._studies_on_shares(listed, (0.5, 1))
    assert [part.validation_freq for part in parts.values()] == [[2, 8], [1, 4]]


def test_faults_of_a_comparison_of_sizes() -> None:
    def build(units: int = 4, layers: int = 1) -> None: ...

    study = plain(build)
    for over in ({}, {"units": [1], "layers": [1]}, {"units": "12"}, {"units": [3]}):
        with pytest.raises(StudyError, match=r"pass (one|a list)"):
            study.capacity(over)
    with pytest.raises(StudyError, match=r"'unit'.*Did you mean 'units'"):
        study.capacity({"unit": [1, 2]})
    with pytest.raises(StudyError, match="no rows for validation"):
        plain(build, validation_split=0.0).capacity({"units": [1, 2]})


def test_sizes_of_named_variants_and_of_grids() -> None:
    def build(units: int = 4, layers: int = 1) -> None: ...

    def sizes(variants: Any) -> dict[str, list[str]]:
        groups, made = growing._sizes(plain(build, variants=variants), "units", [2, 8])
        assert sum(map(len, groups.values())) == len(made)
        assert {v.arguments["units"] for v in made} == {2, 8}
        return {lead: list(group) for lead, group in groups.items()}

    alone = {"": ["units=2", "units=8"]}
    assert sizes(None) == sizes({"units": [3, 4]}) == alone
    assert sizes({"a": {"units": 3}, "b": {"units": 4}}) == alone
    deep = {"layers": [1, 2], "units": [4]}
    assert list(sizes(deep)) == ["layers=1", "layers=2"]
    assert sizes({"a": {"layers": 1}, "b": {"layers": 2}})["b"] == ["b, units=2", "b, units=8"]


# Both commands, once, on a tiny study.


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("growing")
    (folder / "grown.py").write_text(FILE, encoding="utf-8")
    return folder


def cli(*arguments: Any) -> Any:
    ended = CliRunner().invoke(app, list(map(str, arguments)))
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return ended


@pytest.fixture(scope="module")
def curve(place: Path) -> dict[str, Any]:
    ended = cli(
        "learning-curve",
        place / "grown.py",
        "--shares",
        "0.2,0.3,0.5,1",
        "--out",
        place / "rows",
        "--json",
    )
    assert ended.exit_code == 0, ended.output
    return dict(json.loads(ended.stdout))


def test_a_learning_curve(curve: dict[str, Any], place: Path) -> None:
    assert [row["rows"] for row in curve["rows"]] == [24, 36, 60, 120]
    assert all(
        row["low"] < row["mean"] < row["high"] and row["lanes"] == 3 for row in curve["rows"]
    )
    assert re.search(
        r"^default: val_loss is .* with 24 rows and .* with 120 \(3 lanes\)\. From 60 "
        r"to 120 rows it changed by ",
        curve["told"][0],
    )
    assert Path(curve["picture"]).read_bytes().startswith(b"\x89PNG")
    small = dure.load(place / "rows" / "share-0.2")
    assert small.curves.sizes["epoch"] == 9  # 2 steps an epoch instead of 6
    assert np.isfinite(small.curves["val_loss"]).sum() == 9  # as often as the whole: 3 x 3 lanes
    held_out = [row["mean"] for row in curve["rows"]]
    assert held_out[-1] == pytest.approx(
        dure.load(place / "rows" / "share-1").at_best("val_loss").mean().item()
    )


def test_a_learning_curve_is_gone_on_with(curve: dict[str, Any], place: Path) -> None:
    study = find_study({"file": str(place / "grown.py"), "name": None})
    before = (place / "rows" / "share-1" / "curves.sqlite").stat().st_mtime_ns
    again = study.learning_curve([0.2, 0.3, 0.5, 1.0], place / "rows", progress=False)
    assert again.describe().splitlines() == curve["told"]
    assert json.loads(again.frame().to_json(orient="records")) == curve["rows"]
    assert list(again.results) == [24, 36, 60, 120]
    assert (place / "rows" / "share-1" / "curves.sqlite").stat().st_mtime_ns == before
    with pytest.raises(StudyChangedError, match=r"study\.epochs: was \d+, is \d+"):
        replace(study, epochs=5).learning_curve([0.2, 1.0], place / "rows", progress=False)


def test_sizes_of_a_network(place: Path) -> None:
    ended = cli(
        "capacity", place / "grown.py", "--over", "units=1,8", "--out", place / "sizes", "--json"
    )
    document = json.loads(ended.stdout)
    assert [(row["units"], row["parameters"]) for row in document["rows"]] == [
        ("1", 33),
        ("8", 257),
    ]
    best = min(document["rows"], key=lambda row: row["validation"])
    assert f"with units={best['units']} ({best['parameters']} parameters)" in document["told"][0]
    result = dure.load(place / "sizes")
    paired = result.at_best().sel(variant="units=1") - result.at_best().sel(variant="units=8")
    sign = 1 if best["units"] == "8" else -1
    other = next(row for row in document["rows"] if row is not best)
    assert other["to_best"] == pytest.approx(sign * paired.mean().item())
    assert best["to_best"] == 0 and Path(document["picture"]).is_file()


def test_overfitting_of_a_run(curve: dict[str, Any], place: Path) -> None:
    run = shutil.copytree(place / "rows" / "share-0.2", place / "copied")
    ended = cli("overfitting", run)
    assert "default" in ended.stdout and "cannot tell" in ended.stdout
    assert (run / "pictures" / "overfitting.png").is_file()
    document = json.loads(cli("overfitting", run, "--json").stdout)
    assert document["rows"][0]["variant"] == "default"
    said = cli("overfitting", run, "--metric", "los")
    assert said.exit_code == 1 and "Did you mean 'loss'?" in said.stderr


def test_wrong_usage_is_said_in_words(place: Path) -> None:
    for arguments, told in (
        (("capacity", "--over", "units"), "--over 'units' is not ARG=V1,V2"),
        (("capacity", "--over", "units=4,,8"), "write values with commas between"),
        (("capacity", "--over", "unit=4,8"), "Did you mean 'units'?"),
        (("learning-curve", "--shares", "0.1,x"), "shares holds ['x']"),
        (("learning-curve", "--shares", "1"), "pass at least two"),
    ):
        name, *options = arguments
        ended = cli(name, place / "grown.py", *options)
        assert ended.exit_code == 1, ended.output
        assert told in " ".join(ended.stderr.split())
