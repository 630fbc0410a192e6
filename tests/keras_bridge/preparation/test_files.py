"""Models of studies with a `prepare`: opened in a fresh process, right on the same raw rows.

What they must answer is computed here without them: scikit-learn fitted by hand on the training
rows, then the stored weights in NumPy.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    SplineTransformer,
    StandardScaler,
)

import dure
from dure.data.preprocessing import fit_preparation
from dure.errors import DureError, RunFolderError, StudyError
from dure.keras_bridge.model_files import put_before, weights_of
from dure.keras_bridge.preparation.as_layers import has_equal_layers
from dure.keras_bridge.preparation.files import load_preparation, save_preparation
from dure.keras_bridge.preparation.fitted import FittedPreparation
from dure.keras_bridge.preparation.prepared_model import PreparedModel
from helpers.fresh_process import run_fresh

RANDOM = np.random.default_rng(7)
ROWS, TRAIN = 60, 45
X = RANDOM.normal(4, 3, (ROWS, 5)).astype(np.float32)
X[:, 4] = RANDOM.integers(0, 3, ROWS)
X[:3, 4] = [0, 1, 2]
Y = (X[:, 0] > 4).astype(np.int64)
HOLES = X.copy()
HOLES[::9, 1] = np.nan
LARGE = X + np.float32(1e6)  # the order of operations in float32 matters here


def build(width: int) -> keras.Model:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((width,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


CASES: dict[str, tuple[Any, Any, bool]] = {
    "standard": (StandardScaler(), X, True),
    "mean only": (StandardScaler(with_std=False), X, True),
    "spread only": (StandardScaler(with_mean=False), X, True),
    "range": (MinMaxScaler((-2, 3)), X, True),
    "range, clipped": (MinMaxScaler(clip=True), X, True),
    "largest": (MaxAbsScaler(), X, True),
    "robust": (RobustScaler(), X, True),
    "robust, not centred": (RobustScaler(with_centering=False), X, True),
    "large beside its spread": (StandardScaler(), LARGE, True),
    "large beside its range": (MinMaxScaler(), LARGE, False),
    "imputed": (SimpleImputer(), HOLES, True),
    "imputed by a constant": (SimpleImputer(strategy="constant", fill_value=-1), HOLES, True),
    "imputed where 0": (SimpleImputer(missing_values=0), X, False),
    "imputed and marked": (SimpleImputer(add_indicator=True), HOLES, False),
    "imputed and scaled": (make_pipeline(SimpleImputer(), StandardScaler()), HOLES, True),
    "neighbours": (KNNImputer(), HOLES, False),
    "components": (PCA(2), X, True),
    "whitened": (PCA(2, whiten=True), X, True),
    "svd": (TruncatedSVD(2), X, True),
    "best features": (SelectKBest(k=2), X, True),
    "features that vary": (VarianceThreshold(), X, True),
    "union": (make_union(StandardScaler(), PCA(2)), X, True),
    "columns": (
        make_column_transformer(
            (StandardScaler(), [0, 1]),
            (OneHotEncoder(handle_unknown="ignore"), [-1]),
            remainder="passthrough",
        ),
        X,
        True,
    ),
    "columns by slice": (
        make_column_transformer((MinMaxScaler(), slice(0, 2)), ("drop", [2])),
        X,
        True,
    ),
    "strict one-hot": (make_column_transformer((OneHotEncoder(), [4])), X, False),
    "identity": (FunctionTransformer(), X, True),
    "logarithm": (FunctionTransformer(np.cbrt), X, False),
    "power": (PowerTransformer(), X, False),
    "quantiles": (QuantileTransformer(n_quantiles=9), X, False),
    "polynomials": (PolynomialFeatures(2), X, False),
    "splines": (SplineTransformer(), X, False),
    "bins": (KBinsDiscretizer(3, strategy="uniform"), X, False),
}


def by_hand(transformer: Any, x: Any, new: Any, weights: Any) -> Any:
    """Predictions for `new`, by scikit-learn and NumPy alone."""
    rows = clone(transformer).fit(x[:TRAIN], Y[:TRAIN]).transform(new)
    rows = np.asarray(rows.todense() if hasattr(rows, "todense") else rows, np.float32)
    first, bias, second, last = (weights[f"{i:04d}"].astype(np.float64) for i in range(4))
    return 1 / (1 + np.exp(-(np.tanh(rows @ first + bias) @ second + last)))


class Saved(NamedTuple):
    """A network that has a preparation before it."""

    folder: Path
    network: keras.Model
    path: Path
    expected: Any
    """What it must answer on the raw rows after those for training."""

    def load(self) -> keras.Model:
        return keras.models.load_model(self.path)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Saved]:
    root, made = tmp_path_factory.mktemp("saved"), {}
    for number, (name, (transformer, x, as_layers)) in enumerate(CASES.items()):
        folder = root / f"run {number}"
        folder.mkdir()
        fitted = fit_preparation(transformer, x, Y, np.arange(TRAIN))
        preparation = FittedPreparation.of(fitted, x)
        assert has_equal_layers(preparation, x[:TRAIN]) == as_layers, name
        assert save_preparation(folder, 1, preparation, as_layers) is None
        stored = load_preparation(folder, 1)
        assert stored is not None and stored.as_layers == as_layers
        width = preparation.apply(x).shape[1]
        network, path = build(width), root / f"{number}.keras"
        weights = weights_of(network)
        put_before(build(width), stored).save(path)
        made[name] = Saved(folder, network, path, by_hand(transformer, x, x[TRAIN:], weights))
    return made


_FRESH = """
import json, sys
import numpy as np
if sys.argv[1] == "dure":
    import dure
import keras
answers = {}
for name, (path, rows) in json.load(sys.stdin).items():
    model = keras.models.load_model(path)
    answers[name] = np.asarray(model(np.array(rows, np.float32))).tolist()
assert ("dure" in sys.modules) == (sys.argv[1] == "dure")
print(json.dumps(answers))
"""


@pytest.mark.parametrize("with_dure", [False, True])
def test_a_fresh_process_answers_for_raw_rows(with_dure: bool, saved: dict[str, Saved]) -> None:
    """Those made of Keras layers need Keras alone."""
    asked = {name: case for name, case in CASES.items() if case[2] or with_dure}
    request = {
        name: (str(saved[name].path), x[TRAIN:].tolist()) for name, (_, x, _) in asked.items()
    }
    said = run_fresh(_FRESH, "dure" if with_dure else "alone", given=json.dumps(request))
    answers = json.loads(said.splitlines()[-1])
    assert set(answers) == set(asked)
    for name, answer in answers.items():
        np.testing.assert_allclose(answer, saved[name].expected, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("name", ["standard", "imputed", "columns", "neighbours", "strict one-hot"])
def test_what_is_loaded_goes_on_training_and_can_be_looked_into(
    name: str, saved: dict[str, Saved]
) -> None:
    _, x, as_layers = CASES[name]
    model = saved[name].load()
    assert (type(model) is not PreparedModel) == as_layers
    if as_layers:
        hidden = keras.Model(model.input, model.layers[-2].output)
        assert np.asarray(hidden(x)).shape == (ROWS, 3)
    else:
        assert model.predict_on_batch(x[TRAIN:]).shape == np.asarray(model(x[TRAIN:])).shape
    assert np.isfinite(model.train_on_batch(x[:TRAIN], Y[:TRAIN])[0])


def test_a_hostile_file_runs_nothing(tmp_path: Path) -> None:
    """A name that a trusted module imports is not trusted with it."""
    fitted = fit_preparation(SelectKBest(k=2), X, Y, np.arange(TRAIN))
    config = FittedPreparation.of(fitted, X).get_config()
    packed = io.BytesIO(base64.b64decode(config["inputs"]["packed"]))
    hostile = io.BytesIO()
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(hostile, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "schema.json":
                assert b'"f_classif"' in content
                content = content.replace(b'"f_classif"', b'"np"')
            target.writestr(name, content)
    config["inputs"]["packed"] = base64.b64encode(hostile.getvalue()).decode()
    with pytest.raises(DureError, match=r"not scikit-learn's: .*\.np\. Nothing of them is run"):
        FittedPreparation.from_config(config)


def test_a_run_that_lost_its_preparation_says_so(tmp_path: Path) -> None:
    data = dure.Data(X, Y, prepare=StandardScaler())
    lane = dure.Study(lambda: build(5), data).run(tmp_path / "run", progress=False).best("loss")
    (tmp_path / "run" / "prepare" / "fold-1.json").unlink()
    with pytest.raises(RunFolderError, match=r"fold-1\.json is not there: put it back"):
        lane.model()
    assert lane.network().predict(X, verbose=0).shape == (ROWS, 1)
    # What the data know, a look can do without.
    assert dure.look(lane, data=data).predictions().sizes["row"] == ROWS


def test_functions_without_a_name_are_told_before_training(tmp_path: Path) -> None:
    data = dure.Data(X, Y, prepare=FunctionTransformer(lambda x: x + 1))
    with pytest.warns(UserWarning, match=r"holds .*<lambda>, which no file can name"):
        dure.Study(lambda: build(5), data).run(tmp_path / "run", progress=False)


@pytest.mark.parametrize("steps", ["nothing left", "one axis"])
def test_inputs_of_no_and_of_one_axis(steps: str, tmp_path: Path) -> None:
    if steps == "nothing left":
        data = dure.Data(NUMBERS, HALF, prepare=SelectKBest(k=0))
        told = pytest.raises(StudyError, match="leaves no column of x")
        with told, pytest.warns(UserWarning, match="No features"):
            data.prepared(np.arange(20))
        return
    data = dure.Data(X[:, 0], Y, prepare=StandardScaler())
    lane = dure.Study(lambda: build(1), data).run(tmp_path / "run", progress=False).best("loss")
    lane.save(tmp_path / "one.keras")
    made = StandardScaler().fit(X[:, :1]).transform(X[:, :1])
    expected = lane.network().predict(made, verbose=0)
    loaded = keras.models.load_model(tmp_path / "one.keras")
    np.testing.assert_allclose(loaded.predict(X[:, 0], verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["imputed and scaled", "power"])
def test_lanes_of_a_study_take_raw_rows(name: str, tmp_path: Path) -> None:
    transformer, x, as_layers = CASES[name]
    data = dure.Data(x, Y, prepare=transformer, test=(x[:20], Y[:20]))
    study = dure.Study(lambda: build(5), data, validation_split=0.25, epochs=2)
    result = study.run(tmp_path / "run", progress=False)
    assert study.splits[0].train.tolist() == list(range(TRAIN))
    lane = result.best()
    model, network = lane.model(), lane.network()
    assert (type(model) is not PreparedModel) == as_layers and type(network) is keras.Sequential
    expected = by_hand(transformer, x, x[TRAIN:], lane.weights())
    np.testing.assert_allclose(model.predict(x[TRAIN:], verbose=0), expected, atol=2e-5)
    rows = data.prepared(np.arange(TRAIN))[0][TRAIN:]
    np.testing.assert_allclose(network.predict(rows, verbose=0), expected, atol=2e-5)
    last = lane.curves.isel(epoch=-1)
    loss, accuracy = lane.model("final").evaluate(x[TRAIN:], Y[TRAIN:], verbose=0)
    assert loss == pytest.approx(float(last["val_loss"]), abs=1e-4)
    assert accuracy == pytest.approx(float(last["val_accuracy"]))
    tested = model.evaluate(x[:20], Y[:20], verbose=0)[0]
    assert tested == pytest.approx(float(result.test["loss"].squeeze()), abs=1e-4)


def test_rows_of_another_shape_are_refused(saved: dict[str, Saved]) -> None:
    model = saved["power"].load()
    with pytest.raises(StudyError, match=r"rows of shape \(4,\), in training they had \(5,\)"):
        model.predict(X[:, :4], verbose=0)
    with pytest.raises(StudyError, match="nested as"):
        model.predict({"a": X}, verbose=0)
    with pytest.raises(StudyError, match="NaN"):
        model.predict(HOLES, verbose=0)
    with pytest.raises(DureError, match="of type generator"):
        model.predict((row for row in X), verbose=0)
    with pytest.raises(DureError, match="not inside of a compiled function or another model"):
        model(keras.Input((5,)))
    with pytest.raises(DureError, match="cannot be exported"):
        model.export("nowhere")
    table = {f"column {i}": X[:, i] for i in range(5)}
    pandas = pytest.importorskip("pandas")
    answers = [model.predict(rows, verbose=0) for rows in (pandas.DataFrame(table), X.tolist())]
    np.testing.assert_allclose(*answers, rtol=1e-5)


def test_unknown_categories_stay_an_error(saved: dict[str, Saved]) -> None:
    model = saved["strict one-hot"].load()
    rows = X[:2].copy()
    rows[1, 4] = 9
    with pytest.raises(ValueError, match="unknown categories"):
        model.predict(rows, verbose=0)


def picture_network(kind: str) -> keras.Model:
    keras.utils.set_random_seed(2)
    first = keras.Input((4, 4, 1), name="picture")
    hidden = keras.layers.Flatten()(keras.layers.Conv2D(2, 2, name="convolution")(first))
    if kind == "single":
        out = keras.layers.Dense(1, "sigmoid", name="out")(hidden)
        model = keras.Model(first, out)
        model.compile("sgd", {"out": "binary_crossentropy"}, metrics={"out": ["accuracy"]})
        return model
    second = keras.Input((2,), name="numbers")
    both = keras.layers.Concatenate()([hidden, second])
    outs = {name: keras.layers.Dense(1, "sigmoid", name=name)(both) for name in ("left", "right")}
    inputs = {"picture": first, "numbers": second} if kind == "dict" else [first, second]
    model = keras.Model(inputs, outs)
    model.compile("sgd", {"left": "mse", "right": "mae"})
    return model


PICTURES = RANDOM.normal(9, 2, (20, 4, 4, 1)).astype(np.float32)
NUMBERS = RANDOM.normal(-3, 5, (20, 2)).astype(np.float32)
HALF = np.arange(20) % 2


def test_pictures_keep_their_shape(tmp_path: Path) -> None:
    data = dure.Data(PICTURES, HALF, prepare=StandardScaler())
    study = dure.Study(lambda: picture_network("single"), data, validation_split=0.2)
    lane = study.run(tmp_path / "run", progress=False).best()
    model = lane.model()
    assert model.output_names == ["out"] and model.input_shape == (None, 4, 4, 1)
    rows = data.prepared(np.arange(16))[0]
    expected = lane.network().predict(rows, verbose=0)
    np.testing.assert_allclose(model.predict(PICTURES, verbose=0), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "second"),
    [("dict", MinMaxScaler()), ("dict", PowerTransformer()), ("list", None)],
    ids=["layers", "transformers", "one without"],
)
def test_several_inputs_are_each_prepared(kind: str, second: Any, tmp_path: Path) -> None:
    pair: Callable[[Any, Any], Any] = (
        (lambda a, b: {"numbers": b, "picture": a}) if kind == "dict" else (lambda a, b: [a, b])
    )
    y = {"left": HALF.astype(np.float32), "right": 1 - HALF.astype(np.float32)}
    x = pair(PICTURES, NUMBERS)
    data = dure.Data(x, y, prepare=pair(StandardScaler(), second), test=(x, y))
    study = dure.Study(lambda: picture_network(kind), data, folds=2, epochs=2)
    result = study.run(tmp_path / "run", progress=False)
    for fold, split in enumerate(study.splits, 1):
        lane = result.lane("default", 0, fold)
        model = lane.model("final")
        assert (type(model) is PreparedModel) == isinstance(second, PowerTransformer)
        flat = PICTURES.reshape(20, -1)
        scaled = StandardScaler().fit(flat[split.train]).transform(flat).reshape(PICTURES.shape)
        numbers = NUMBERS
        if second is not None:
            numbers = clone(second).fit(NUMBERS[split.train]).transform(NUMBERS)
        expected = lane.network("final").predict(pair(scaled, numbers), verbose=0)
        lane.save(tmp_path / "model.keras", "final")
        for one in (model, keras.models.load_model(tmp_path / "model.keras")):
            got = one.predict(x, verbose=0)
            for name in ("left", "right"):
                np.testing.assert_allclose(got[name], expected[name], atol=1e-5)
        test = model.evaluate(x, y, verbose=0, return_dict=True)
        told = result.test["loss"].sel(variant="default", seed=0, fold=fold)
        if lane.best_epoch == 2:
            assert test["loss"] == pytest.approx(float(told), abs=1e-5)


def test_text_beside_numbers(tmp_path: Path) -> None:
    def reader() -> keras.Model:
        words, numbers = keras.Input((3,), name="words"), keras.Input((2,), name="numbers")
        flat = keras.layers.Flatten()(keras.layers.Embedding(20, 2)(words))
        both = keras.layers.Concatenate()([flat, numbers])
        model = keras.Model([words, numbers], keras.layers.Dense(1, "sigmoid")(both))
        model.compile("sgd", "binary_crossentropy")
        return model

    texts = np.array([f"word{i % 7} film" for i in range(20)], dtype=object)
    prepare = [dure.data.TextToSequences(num_words=20, maxlen=3), StandardScaler()]
    data = dure.Data([texts, NUMBERS], HALF, prepare=prepare)
    lane = dure.Study(reader, data).run(tmp_path / "run", progress=False).best()
    lane.save(tmp_path / "model.keras")
    expected = lane.network().predict(data.prepared(np.arange(20))[0], verbose=0)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for x in ([texts, NUMBERS], (list(texts), NUMBERS.astype(np.float64))):
        np.testing.assert_allclose(loaded.predict(x, verbose=0), expected, atol=1e-6)
    with pytest.raises(StudyError, match=r"x\[0\] holds numbers, in training it held text"):
        loaded.predict([NUMBERS, NUMBERS], verbose=0)


def test_vectorised_text(tmp_path: Path) -> None:
    texts = np.array([f"word{i % 5} film" for i in range(20)], dtype=object)
    data = dure.Data(texts, HALF, prepare=TfidfVectorizer())
    lane = dure.Study(lambda: build(6), data).run(tmp_path / "run", progress=False).best("loss")
    model = lane.model()
    rows = TfidfVectorizer().fit(texts).transform(texts).toarray()
    expected = lane.network().predict(rows, verbose=0)
    np.testing.assert_allclose(model.predict(list(texts), verbose=0), expected, atol=1e-6)


class Shift(TransformerMixin, BaseEstimator):
    """A transformer of the user's own."""

    def fit(self, x: Any, y: Any = None) -> Shift:
        self.by_ = x.min(axis=0)
        return self

    def transform(self, x: Any) -> Any:
        return x - self.by_


class Unwritable(Shift):
    """One that holds what no file can."""

    def fit(self, x: Any, y: Any = None) -> Unwritable:
        self.file_ = (row for row in x)
        return super().fit(x)


def test_transformers_of_ones_own(tmp_path: Path) -> None:
    def run(transformer: Any, name: str) -> Any:
        data = dure.Data(X, Y, prepare=transformer)
        study = dure.Study(lambda: build(5), data, health=False)
        return study.run(tmp_path / name, progress=False).best("loss")

    expected = (X - X.min(axis=0)).astype(np.float32)
    mine = run(Shift(), "mine")
    answers = mine.network().predict(expected, verbose=0)
    with pytest.raises(RunFolderError, match=r"Shift\. Nothing of them is run .* lane\.network"):
        mine.model()
    with keras.saving.custom_object_scope({"Shift": Shift}):
        mine.save(tmp_path / "mine.keras")
        np.testing.assert_allclose(mine.model().predict(X, verbose=0), answers, atol=1e-6)
    told = {"Shift": Shift}
    loaded = keras.models.load_model(tmp_path / "mine.keras", custom_objects=told)
    np.testing.assert_allclose(loaded.predict(X, verbose=0), answers, atol=1e-6)
    with pytest.raises(DureError, match="Shift'?: Shift"):
        keras.models.load_model(tmp_path / "mine.keras")
    with pytest.warns(UserWarning, match="cannot be kept with the trained models: Unwritable"):
        lost = run(Unwritable(), "lost")
    with pytest.raises(RunFolderError, match="Unwritable cannot be written"):
        lost.save(tmp_path / "lost.keras")
    assert not (tmp_path / "lost.keras").exists()
    assert lost.network().predict(expected, verbose=0).shape == (ROWS, 1)


def test_a_random_transformer_is_stored_as_it_was_in_training(tmp_path: Path) -> None:
    """Fitted once a fold: what it drew without a seed is what trains, tests and is kept."""
    data = dure.Data(X, Y, prepare=Noise(), test=(X, Y))
    study = dure.Study(lambda: build(5), data, health=False)
    lane = study.run(tmp_path / "run", progress=False).best("loss")
    fitted = study.preparation(study.splits[0])
    np.testing.assert_array_equal(study.fold_arrays(study.splits[0]).x, X + fitted.drawn_)
    np.testing.assert_array_equal(study.test_arrays(study.splits[0]).x, X + fitted.drawn_)
    with keras.saving.custom_object_scope({"Noise": Noise}):
        kept = lane.model().preparation.inputs.transformer
    np.testing.assert_array_equal(kept.drawn_, fitted.drawn_)


class Noise(Shift):
    def fit(self, x: Any, y: Any = None) -> Noise:
        self.drawn_ = np.random.default_rng().normal(size=x.shape[1]).astype(np.float32)
        return self

    def transform(self, x: Any) -> Any:
        return x + self.drawn_
