"""Raw text in a study: fitted in the fold, kept in the run folder, before the model again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

import dure
from dure.data import TextToSequences
from dure.errors import RunFolderError
from dure.keras_bridge.preparation.files import load_preparation
from dure.keras_bridge.preparation.prepared_model import PreparedModel
from dure.result import Result
from dure.training.trainer import LaneTrainer
from helpers.fresh_process import run_fresh

ROWS, TEST_ROWS, FOLDS = 24, 4, 2
COMMON = ["fine film indeed", "dull film again"]


def text_of(row: int) -> str:
    """Words all rows share, and one that only this row has."""
    return f"{COMMON[row % 2]} only{row}"


TEXTS = [text_of(row) for row in range(ROWS)]
HELD = [text_of(ROWS + row) for row in range(TEST_ROWS)]
LABELS = np.arange(ROWS) % 2
NEW = ["a fine film", "dull", "only3 only27", ""]


def build(units: int = 3) -> keras.Model:
    layers = [
        keras.Input((5,), dtype="int32"),
        keras.layers.Embedding(40, units),
        keras.layers.Flatten(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
    model = keras.Sequential(layers)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def make_study(**arguments: Any) -> dure.Study:
    prepare = TextToSequences(num_words=40, maxlen=5)
    data = dure.Data(TEXTS, LABELS, test=(HELD, np.arange(TEST_ROWS) % 2), prepare=prepare)
    return dure.Study(build, data, folds=FOLDS, epochs=2, **arguments)


@pytest.fixture(scope="module")
def study() -> dure.Study:
    return make_study()


@pytest.fixture(scope="module")
def result(study: dure.Study, tmp_path_factory: pytest.TempPathFactory) -> Result:
    return study.run(tmp_path_factory.mktemp("run") / "run", progress=False)


@pytest.mark.parametrize("fold", range(1, FOLDS + 1))
def test_a_folds_words_are_those_of_its_training_rows(
    fold: int, study: dure.Study, result: Result
) -> None:
    stored = load_preparation(result.folder, fold)
    assert stored is not None and not stored.as_layers
    kept = stored.preparation.text
    assert kept is not None
    trained = {word for row in study.splits[fold - 1].train for word in TEXTS[row].split()}
    assert set(kept.word_index) == {"<pad>", *trained}
    validation = study.splits[fold - 1].validation
    assert validation is not None
    unseen = {f"only{row}" for row in [*validation, *range(ROWS, ROWS + TEST_ROWS)]}
    assert not unseen & set(kept.word_index)
    lane = result.lane(result.variants[0], 0, fold)
    model = lane.model()
    assert (
        isinstance(model, PreparedModel)
        and model.preparation.text.get_config() == kept.get_config()
    )


def test_the_model_of_a_lane_is_the_network_trained_before_its_own_words(
    study: dure.Study, result: Result
) -> None:
    """Measured anew on raw text, a lane's last epoch and test have the metrics it recorded."""
    for fold, split in enumerate(study.splits, 1):
        lane = result.lane(result.variants[0], 0, fold)
        model = lane.model("final")
        assert split.validation is not None
        held = [TEXTS[row] for row in split.validation]
        loss, accuracy = model.evaluate(held, LABELS[split.validation], verbose=0)
        last = lane.curves.isel(epoch=-1)
        assert loss == pytest.approx(float(last["val_loss"]), abs=1e-5)
        assert accuracy == pytest.approx(float(last["val_accuracy"]))
        stored = lane.weights("final")
        assert len(stored) == len(model.network.weights) == len(model.weights)


_FRESH = """
import json, sys
import dure
folder, path, *texts = sys.argv[1:]
lane = dure.load(folder).best()
first = lane.model().predict(texts, verbose=0).ravel().tolist()
import keras
print(json.dumps([first, keras.models.load_model(path).predict(texts, verbose=0).ravel().tolist()]))
"""


def test_a_fresh_process_predicts_from_raw_text(result: Result, tmp_path: Path) -> None:
    best = result.best()
    path = best.save(tmp_path / "film.keras")
    said = run_fresh(_FRESH, result.folder, path, *NEW)
    expected = best.model().predict(NEW, verbose=0).ravel()
    for got in json.loads(said.splitlines()[-1]):
        np.testing.assert_allclose(got, expected, rtol=1e-6)


def test_words_are_there_before_training_and_a_resumed_run_leaves_them(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"

    def interrupted(*_: Any) -> None:
        assert sorted(p.name for p in (folder / "prepare").iterdir()) == [
            "fold-1.json",
            "fold-2.json",
        ]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LaneTrainer, "train", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make_study().run(folder, progress=False)
    files = sorted((folder / "prepare").iterdir())
    before = [(p.read_bytes(), p.stat().st_mtime_ns) for p in files]
    resumed = make_study().run(folder, progress=False, resume=True)
    assert [(p.read_bytes(), p.stat().st_mtime_ns) for p in files] == before
    np.testing.assert_array_equal(
        resumed.best().model().predict(NEW, verbose=0),
        result.best().model().predict(NEW, verbose=0),
    )


class Longer(TextToSequences):
    """What a subclass does is not in its configuration."""


def test_without_a_preparation_the_model_is_the_network(tmp_path: Path) -> None:
    tokens = TextToSequences(num_words=40, maxlen=5).fit(TEXTS).transform(TEXTS)
    study = dure.Study(build, dure.Data(tokens, LABELS), validation_split=0.25)
    result = study.run(tmp_path / "run", progress=False)
    assert not (result.folder / "prepare").exists()
    assert type(result.best("loss").model()) is keras.Sequential


def test_words_may_be_a_step_of_a_pipeline() -> None:
    words = TextToSequences(num_words=40, maxlen=5)
    data = dure.Data(TEXTS, LABELS, prepare=make_pipeline(words, MinMaxScaler()))
    made, _ = data.prepared(np.arange(6))
    integers = words.fit(TEXTS[:6]).transform(TEXTS)
    expected = MinMaxScaler().fit(integers[:6]).transform(integers)
    np.testing.assert_allclose(made, expected.astype(np.float32))


def test_a_subclass_must_be_registered(tmp_path: Path) -> None:
    data = dure.Data(TEXTS, LABELS, prepare=Longer(num_words=40, maxlen=5))
    result = dure.Study(build, data, validation_split=0.25).run(tmp_path / "run", progress=False)
    with pytest.raises(RunFolderError, match=r"not scikit-learn's: .*\.Longer\. Nothing of them"):
        result.best("loss").model()
    assert type(result.best("loss").network()) is keras.Sequential
    with keras.saving.custom_object_scope({"Longer": Longer}):
        model = result.best("loss").model()
        assert type(model.preparation.inputs.transformer) is Longer
        assert model.predict(NEW, verbose=0).shape == (len(NEW), 1)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "{}",
        "[3]",
        '{"inputs": {"kind": "text", "shape": [], "config": {"num_words": 0}}}',
        '{"inputs": {"kind": "text", "shape": [], "config": {"fitted": {"words": [3]}}}}',
        '{"inputs": {"kind": "skops", "shape": [], "class": "a", "packed": "AAAA"}}',
    ],
)
def test_a_damaged_preparation_is_named(content: str, tmp_path: Path) -> None:
    assert load_preparation(tmp_path, 1) is None
    (tmp_path / "prepare").mkdir()
    (tmp_path / "prepare" / "fold-1.json").write_text(content, encoding="utf-8")
    with pytest.raises(RunFolderError, match="preparation of fold 1|^fold 1: "):
        load_preparation(tmp_path, 1)
