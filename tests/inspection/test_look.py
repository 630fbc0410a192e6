"""`dure.look`: models, files, lanes and texts, measured, drawn and saved."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from keras import layers
from sklearn.preprocessing import StandardScaler

import dure
from dure.data import TextToSequences
from dure.errors import DureError, StudyError
from dure.inspection.save import save_all
from dure.keras_bridge.preparation.prepared_model import PreparedModel
from helpers.picture_checks import faults, said
from helpers.prepared_models import put_text_before

NAMES = ["malignant", "benign"]
SENTENCES = ["a wonderful film", "a terrible film", "truly wonderful acting", "terrible 연기"] * 6


def build(units: int = 4) -> keras.Model:
    model = keras.Sequential(
        [layers.Input((30,)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture(scope="module")
def data() -> dure.Data:
    whole = dure.data.breast_cancer()
    return dure.Data(
        whole.x[:120],
        whole.y[:120],
        test=(whole.test.x[:40], whole.test.y[:40]),
        prepare=StandardScaler(),
        class_names=NAMES,
        feature_names=whole.feature_names,
        source="cancer",
        excerpt=True,
    )


@pytest.fixture(scope="module")
def result(data: dure.Data, tmp_path_factory: pytest.TempPathFactory) -> dure.Result:
    study = dure.Study(
        build, data, variants={"units": [3, 4]}, seeds=[5, 7], folds=2, epochs=2, name="tiny"
    )
    return study.run(tmp_path_factory.mktemp("look") / "run", progress=False)


@pytest.fixture(scope="module")
def lanes(result: dure.Result, data: dure.Data) -> Any:
    return dure.look(result, data=data, variant="units=4")


@pytest.fixture(scope="module")
def pictures() -> tuple[keras.Model, Any, Any]:
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(6, 3, activation="relu"),
            layers.Flatten(),
            layers.Dropout(0.1),
            layers.Dense(10, "softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    digits = dure.data.digits()
    return model, digits.x[:50], digits.y[:50]


@pytest.fixture(scope="module")
def texts() -> tuple[PreparedModel, dure.Data]:
    keras.utils.set_random_seed(0)
    text = TextToSequences(50, 5).fit(SENTENCES)
    network = keras.Sequential(
        [
            layers.Input((5,), dtype="int32"),
            layers.Embedding(50, 4),
            layers.SimpleRNN(3),
            layers.Dense(1, "sigmoid"),
        ]
    )
    network.compile("sgd", "binary_crossentropy")
    y = np.array([1, 0, 1, 0] * 6)
    names = ["bad", "good"]
    return put_text_before(network, text), dure.Data(
        SENTENCES, y, prepare=TextToSequences(50, 5), class_names=names, source="sentences"
    )


# One model.


def test_one_model_is_measured_without_a_dimension_for_lanes(pictures: Any) -> None:
    model, x, y = pictures
    before = model.get_weights()
    look = dure.look(model, x, y, seed=9)
    conv, flatten = model.layers[0].name, model.layers[1].name
    assert look.kernels(conv).values == pytest.approx(before[0])
    assert list(look.layers()["name"]) == [layer.name for layer in model.layers]
    maps = look.feature_maps(conv)
    assert maps.dims == ("row", "height", "width", "channel") and maps.sizes["row"] == 5
    assert maps.values == pytest.approx(np.asarray(look.submodel(conv)(x[:5])), abs=1e-6)
    assert maps.attrs["rows_of"] == 50 and list(maps["true"].values) == list(map(str, y[:5]))
    assert look.saliency().dims == ("row", "height", "width", "channel")
    assert look.grad_cam(rows=2).sizes["row"] == 2
    assert int(look.confusion().sum()) == 50
    assert look.activations().attrs["rows"] == 50 and look.gradients().attrs["rows"] == 50
    loss = look.predictions()["loss"].values
    assert (np.diff(loss) <= 0).all() and len(loss) == 50
    with pytest.raises(DureError, match="has no kernels"):
        look.kernels(flatten)
    with pytest.raises(DureError, match="agreement is between networks, and this is one"):
        look.agreement(conv)
    assert all((a == b).all() for a, b in zip(before, model.get_weights(), strict=True))


def test_the_untrained_twin_has_the_seed(pictures: Any) -> None:
    model, x, _ = pictures
    conv = model.layers[0].name
    first, again, other = (
        dure.look(model, x, seed=seed).kernels(conv, untrained=True) for seed in (9, 9, 8)
    )
    assert first.equals(again) and not np.allclose(first, other)
    assert first.attrs["twin"] == "seed 9"
    both = dure.look(model, x, seed=9).weights(conv)
    assert both["kernel"].sel(source="untrained").values == pytest.approx(first.values)
    assert "untrained, seed 9" in said(dure.look(model, x, seed=9).draw.kernels(conv))


def test_own_rows_are_looked_at_instead(pictures: Any) -> None:
    model, x, y = pictures
    look = dure.look(model, x, y)
    own = look.feature_maps(0, x[10:12])
    assert own.values == pytest.approx(look.feature_maps(0, rows=12).values[10:], abs=1e-6)
    assert "true" not in own.coords and own.attrs["rows_of"] == 2
    figure = look.draw.saliency(x[10:12])
    assert "All 2 rows" in said(figure) and len(figure.axes) == 6


def test_without_rows_weights_can_be_looked_at(pictures: Any) -> None:
    model, x, _ = pictures
    look = dure.look(model)
    assert look.kernels(0).sizes["filter"] == 6
    with pytest.raises(DureError, match=r"pass x, or data, to dure.look \(--data"):
        look.saliency()
    with pytest.raises(DureError, match="there is no y"):
        dure.look(model, x).confusion()


@pytest.mark.parametrize("kind", [".keras", ".h5"])
def test_files_are_looked_into(pictures: Any, tmp_path: Path, kind: str) -> None:
    model, x, _ = pictures
    model.save(tmp_path / f"net{kind}")
    look = dure.look(tmp_path / f"net{kind}", x)
    assert look.kernels(0).values == pytest.approx(model.get_weights()[0])
    assert look.saliency().attrs["model"] == f"net{kind}"


def test_targets_that_are_none(tmp_path: Path, result: dure.Result) -> None:
    (tmp_path / "real.keras").write_text("no model", encoding="utf-8")
    for target, said_ in (
        (3, "no looking into a int"),
        (tmp_path / "rael.keras", "Did you mean 'real.keras'"),
        (tmp_path / "real.keras", "is not a Keras model"),
        (tmp_path, r"is a folder, not a model file\. It holds a model"),
    ):
        with pytest.raises(DureError, match=said_):
            dure.look(target)
    with pytest.raises(DureError, match="Did you mean 'units=4'"):
        dure.look(result, variant="unit=4")
    with pytest.raises(DureError, match="x and data came together"):
        dure.look(result, np.zeros((2, 30)), data=dure.data.breast_cancer())
    with pytest.raises(DureError, match="pass a dure.Data"):
        dure.look(result, data=np.zeros((2, 30)))  # type: ignore[arg-type]


# The lanes of a study.


def test_over_lanes_each_network_is_that_lane(lanes: Any, result: dure.Result) -> None:
    kernels = lanes.kernels(0)
    assert kernels.dims[0] == "lane" and kernels.sizes["lane"] == 4
    for place in range(4):
        one = kernels.isel(lane=place)
        model = result.lane(one["variant"].item(), int(one["seed"]), int(one["fold"])).model()
        assert one.values == pytest.approx(model.get_weights()[0])
    assert kernels.attrs["model"] == "tiny: units=4"


def test_twins_of_lanes_are_their_first_weights(lanes: Any) -> None:
    fresh = lanes.kernels(0, untrained=True)
    for place in range(4):
        keras.utils.set_random_seed(int(fresh["seed"][place]))
        assert fresh.values[place] == pytest.approx(build(4).get_weights()[0])


def test_each_lane_sees_rows_prepared_by_its_own_fold(
    lanes: Any, result: dure.Result, data: dure.Data
) -> None:
    study = dure.Study(build, data, folds=2)
    found = lanes.predictions()
    for place in range(4):
        one = found.isel(lane=place).sortby("row")
        lane = result.lane("units=4", int(one["seed"]), int(one["fold"]))
        arrays = study.test_arrays(study.splits[lane.fold - 1])
        assert arrays is not None
        wanted = lane.network().predict(arrays.x, verbose=0)[:, 0]
        assert one["probability"].sel({"class": "benign"}).values == pytest.approx(wanted, abs=1e-6)
        assert lane.model().predict(data.test.x, verbose=0)[:, 0] == pytest.approx(wanted, abs=1e-5)
    raw = dure.look(lane, x=data.test.x[:3], y=data.test.y[:3]).predictions()
    own = raw.sortby("row")["probability"].values
    assert own.reshape(3, -1)[:, -1] == pytest.approx(wanted[:3], abs=1e-5)
    loss = found["loss"].mean("lane").values
    assert (np.diff(loss) <= 1e-12).all()
    assert found.attrs["source"] == "cancer, excerpt, test rows"


def test_one_model_object_serves_all_lanes(lanes: Any) -> None:
    lanes.saliency()
    assert lanes.networks.network(0) is lanes.networks.network(3)
    assert lanes.networks.network(1) is not lanes.networks.twin(1)


def test_lanes_agree_or_not(lanes: Any) -> None:
    found = lanes.agreement(0)
    assert found.sizes == {"filter": 4, "lane": 4}
    assert {"found_in", "chance", "found_by_chance"} <= set(found)
    votes = lanes.agreement_of_predictions()
    assert (np.diff(votes["share"].values) >= 0).all() and votes.attrs["lanes"] == 4
    for figure in (lanes.draw.agreement(0), lanes.draw.agreement_of_predictions()):
        assert faults(figure) == []


def test_names_of_features_are_not_put_on_what_is_made_of_them() -> None:
    from sklearn.compose import make_column_transformer

    x = pd.DataFrame({"a": np.arange(6.0), "b": 1.5})
    turned = make_column_transformer(("passthrough", ["b", "a"]))
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    for prepare, names in ((None, ("a", "b")), (turned, range(2))):
        look = dure.look(model, data=dure.Data(x, np.arange(6) % 2, prepare=prepare))
        assert tuple(look._name_features(2)) == tuple(names)


def test_a_lane_is_looked_at_alone(result: dure.Result, data: dure.Data) -> None:
    look = dure.look(result.lane("units=3", 7, 2), data=data)
    saliency = look.saliency()
    assert saliency.dims == ("row", "feature")
    assert saliency.attrs["model"] == "tiny: units=3, seed 7, fold 2"
    assert str(saliency["feature"].values[0]) == "mean radius"
    assert look.kernels(0, untrained=True).attrs["twin"] == "seed 7"
    assert "mean radius" in said(look.draw.saliency())


def test_the_best_variant_is_chosen_and_lanes_are_limited(result: dure.Result) -> None:
    look = dure.look(result, lanes=3)
    assert look.networks.name == f"tiny: {result.best().variant}"
    assert look.kernels(0).sizes["lane"] == 3


def test_rows_that_validated_are_taken_where_there_is_no_test(tmp_path: Path) -> None:
    whole = dure.data.breast_cancer()
    data = dure.Data(whole.x[:40], whole.y[:40], source="cancer")
    study = dure.Study(build, data, validation_split=0.25, epochs=1)
    result = study.run(tmp_path / "run", progress=False)
    look = dure.look(result, data=data)
    assert look.inputs.rows == 10 and "validation rows" in look.inputs.about["source"]
    assert look.inputs.of(0) == pytest.approx(data.x[30:])
    other = dure.look(result, data=data.take(slice(20)))  # not what it was trained on
    assert other.inputs.rows == 20 and other.inputs.about["source"] == "cancer"


# Text.


def test_raw_text_goes_through_the_networks_own_words(texts: Any) -> None:
    model, data = texts
    look = dure.look(model, data=data)
    saliency = look.saliency(rows=3)
    assert saliency.dims == ("row", "step") and saliency.sizes["step"] == 5
    figure = look.draw.saliency(rows=3)
    assert faults(figure) == [] and "wonderful film" in said(figure)
    near = look.neighbours(["wonderful"], count=2)
    assert near["neighbour"].shape == (1, 2)
    with pytest.raises(DureError, match="Did you mean 'wonderful'"):
        look.neighbours(["wonderfull"])
    assert look.embedding_map().sizes["word"] == len(model.preparation.text.word_index) - sum(
        word.startswith("<") for word in model.preparation.text.word_index
    )
    assert look.memory().sizes["distance"] == 5
    assert "terrible 연기" in said(look.draw.predictions())
    own = look.saliency(["a wonderful film"])
    assert own.values == pytest.approx(saliency.values[:1], abs=1e-6)


def test_raw_text_without_words_is_refused(pictures: Any) -> None:
    with pytest.raises(DureError, match="does not hold the words"):
        dure.look(pictures[0], ["a film"]).saliency()


# Saving.


@pytest.fixture(scope="module")
def saved(lanes: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("lens")
    (folder / "notes.txt").write_text("mine", encoding="utf-8")
    (folder / "saliency.png").write_text("an earlier picture", encoding="utf-8")
    seen: list[tuple[str, int, int]] = []
    return save_all(
        lanes, lanes.draw, folder, None, None, None, lambda *told: seen.append(told)
    ), seen


def test_lists_and_frames_are_taken_or_told() -> None:
    model = build()
    rows = np.random.default_rng(0).normal(size=(6, 30)).astype("float32")
    whole = dure.look(model, pd.DataFrame(rows)).predictions()
    xr.testing.assert_allclose(whole, dure.look(model, rows).predictions())
    with pytest.raises(StudyError, match=r"x is a plain list.*of shape \(6, 30\)"):
        dure.look(model, rows.tolist()).predictions()
    with pytest.raises(StudyError, match="y is a plain list"):
        dure.look(model, rows, [0, 1] * 3).confusion()
    with pytest.raises(DureError, match=r"y holds text.*pd\.factorize"):
        dure.look(model, rows, np.array(["a", "b"] * 3)).confusion()


def test_a_tour_writes_what_fits_and_says_why_not(saved: Any) -> None:
    found, seen = saved
    written = {(one.name, one.layer) for one in found.written}
    names = {name for name, _ in written}
    assert {"kernels", "weights", "activations", "gradients", "saliency", "predictions"} <= names
    assert {"confusion", "agreement", "agreement_of_predictions", "feature_maps"} <= names
    reasons = {one.name: one.reason for one in found.left_out}
    assert set(reasons) == {"grad_cam", "embedding_map", "neighbours", "memory"}
    assert "sequences" in reasons["memory"]
    assert all(one.picture.read_bytes()[:4] == b"\x89PNG" for one in found.written)
    assert (found.folder / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert seen[0][1:] == (0, len(found.written) + len(reasons)) and seen[-1][1] == seen[-1][2]
    says = {one.name: one.says for one in found.written}
    assert "times below the largest" in says["gradients"]
    assert "of 40 rows right" in says["predictions"] and "[" in says["predictions"]


def test_arrays_are_read_without_keras(saved: Any, lanes: Any) -> None:
    made, _ = saved
    code = (
        "import sys, xarray as xr\n"
        f"for path in {[str(one.arrays) for one in made.written]!r}:\n"
        "    with xr.open_dataset(path, engine='scipy') as found:\n"
        "        assert found.attrs['kind'] and found.attrs['says'], path\n"
        "        found.load()\n"
        "assert not {'keras', 'jax', 'dure'} & set(sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert run.returncode == 0, run.stderr
    stored = next(one.arrays for one in made.written if one.name == "kernels")
    with xr.open_dataset(stored, engine="scipy") as found:
        kernels = lanes.kernels(0)
        assert found["kernels"].values == pytest.approx(kernels.values)
        assert found["untrained"].values == pytest.approx(lanes.kernels(0, untrained=True).values)
        assert list(found["seed"].values) == list(kernels["seed"].values)


def test_inputs_are_stored_beside(pictures: Any, texts: Any, tmp_path: Path) -> None:
    model, x, y = pictures
    (one,) = dure.look(model, x, y).save(tmp_path, "saliency", rows=2).written
    with xr.open_dataset(one.arrays, engine="scipy") as found:
        assert found["input"].values == pytest.approx(x[:2])
    (two,) = dure.look(texts[0], data=texts[1]).save(tmp_path, ["saliency"], rows=1).written
    with xr.open_dataset(two.arrays, engine="scipy") as found:
        assert [str(word) for word in found["input"].values[0]][-3:] == SENTENCES[0].split()


def test_layers_and_measurements_are_chosen(pictures: Any, tmp_path: Path) -> None:
    model, x, y = pictures
    look = dure.look(model, x, y)
    tour = look.save(tmp_path, ["kernels", "feature_maps"], layer=[0, 1])
    conv, flatten = model.layers[0].name, model.layers[1].name
    written = [(one.name, one.layer) for one in tour.written]
    assert written == [("kernels", conv), ("feature_maps", conv), ("feature_maps", flatten)]
    assert [(one.name, one.layer) for one in tour.left_out] == [("kernels", flatten)]


def test_all_that_is_misspelt_is_said_at_once(lanes: Any, tmp_path: Path) -> None:
    with pytest.raises(StudyError) as error:
        lanes.save(tmp_path / "none", ["kernel", "saliency", "memry"], layer=["dens", "x"])
    assert len(error.value.faults) == 4
    assert "Did you mean 'kernels'" in error.value.faults[0]
    assert "Did you mean 'memory'" in error.value.faults[1]
    assert not (tmp_path / "none").exists()


def test_many_layers_are_cut_and_named(tmp_path: Path) -> None:
    deep = keras.Sequential([layers.Input((3,)), *(layers.Dense(2) for _ in range(8))])
    tour = dure.look(deep).save(tmp_path, "weights")
    assert len(tour.written) == 6
    (cut,) = tour.left_out
    assert "the first 6 of 8 layers; name others: " + deep.layers[6].name in cut.reason


def test_a_model_that_cannot_be_made_again_is_drawn_alone(tmp_path: Path) -> None:
    class Own(keras.Model):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.dense = layers.Dense(width)

        def call(self, x: Any) -> Any:
            return self.dense(x)

    look = dure.look(Own(2), np.ones((3, 4), np.float32))
    look.saliency()
    tour = look.save(tmp_path, ["kernels", "weights"])
    assert [one.name for one in tour.written] == ["kernels", "weights"]
    assert "untrained" not in tour.written[1].says
