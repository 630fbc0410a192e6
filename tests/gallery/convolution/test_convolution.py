"""Rows C1 to C7: convolutional networks, and looking into them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import cdist

import dure
from dure.gallery.convolution import c2_digits_cnn, c6_sub_models
from dure.gallery.shared.tasks import few_rows as few
from helpers.gallery_rows import needs_excerpts, run_quick

pytestmark = needs_excerpts
PATIENCE = {"patience": 3, "restore_best_weights": True}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def rows(folder: Path) -> Mapping[str, dict[str, Any]]:
    """Rows by id, each run once, when it is asked for.

    All in one folder: C3, C5, C6 and C7 find the networks of C2 and C4 there.
    """

    class Rows(dict[str, Any]):
        def __missing__(self, name: str) -> dict[str, Any]:
            return self.setdefault(name, run_quick(name, folder))

    return Rows()


def outputs(model: keras.Model, layer: str, x: Any) -> Any:
    """What a layer gives, by calling one layer after another."""
    for each in model.layers:
        x = each(x)
        if each.name == layer:
            return np.asarray(x)
    raise AssertionError(layer)


def test_c1_parameters(rows) -> None:
    facts = rows["C1"]["facts"]
    by_hand = [3 * 3 * 10 + 10, 14 * 14 * 10 * 100 + 100, 100 * 10 + 10]
    assert facts["parameters by layer"] == by_hand == [100, 196_100, 1_010]
    assert facts["parameters"] == 197_210


def test_c1_difference_is_that_of_pairs_of_seeds(rows, folder) -> None:
    loss = dure.load(folder / "small-cnn").curves["val_loss"].isel(fold=0)
    plain, mended = (loss.sel(variant=name).values for name in ("plain", "Dropout 0.5"))
    pairs = stats.ttest_rel(mended[:, -1], plain[:, -1]).confidence_interval(0.95)
    mean, *limits = rows["C1"]["facts"]["difference in validation loss at the end"]
    assert mean == pytest.approx((mended[:, -1] - plain[:, -1]).mean())
    assert limits == pytest.approx([pairs.low, pairs.high])
    least = rows["C1"]["facts"]["difference in validation loss at its best"][0]
    assert least == pytest.approx((mended.min(1) - plain.min(1)).mean())
    late, before = plain[:, 16:20].mean(), plain[:, 12:16].mean()
    assert rows["C1"]["facts"]["rise of plain"][0] == pytest.approx(late - before)


def test_c2_parameters_and_comparisons(rows) -> None:
    dense = 7 * 7 * 128 * 100 + 100
    by_hand = (3 * 3 * 64 + 64) + (3 * 3 * 64 * 128 + 128) + dense + (100 * 10 + 10)
    assert rows["C2"]["facts"]["parameters"] == by_hand
    assert [one["note"] for one in rows["C2"]["comparisons"]] == [0.9917, 0.9923, 0.0238]


def test_c2_trains_as_keras_own_fit() -> None:
    data = few(dure.data.mnist(), 400, 100)
    study = dure.Study(
        c2_digits_cnn.build,
        data,
        {"small": {"filters": 4}},
        seeds=2,
        validation_split=0.2,
        epochs=2,
        callbacks=[keras.callbacks.EarlyStopping(**PATIENCE)],
    )
    result = study.run(progress=False)
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        model = c2_digits_cnn.build(filters=4)
        options = {"validation_split": 0.2, "epochs": 2, "verbose": 0}
        stopping = keras.callbacks.EarlyStopping(**PATIENCE)
        history = model.fit(data.x, data.y, **options, callbacks=[stopping]).history
        lane = result.lane("small", seed)
        for name, values in history.items():
            assert lane.curves[name].values == pytest.approx(values, rel=1e-4), name
        loss, accuracy = model.evaluate(*data.test[:2], verbose=0)
        tested = result.test.sel(variant="small", seed=seed, fold=1)
        assert float(tested["loss"]) == pytest.approx(loss, rel=1e-4)
        assert float(tested["accuracy"]) == pytest.approx(accuracy, abs=1e-6)


def test_c3_asks_every_network(rows, folder) -> None:
    facts, result = rows["C3"]["facts"], dure.load(folder / "digits-cnn")
    x, y = few(dure.data.mnist(), 500).test[:2]
    assert facts["true"] == [7, 2, 1, 0, 4]
    said = np.stack(
        [outputs(result.lane("default", s).model(), "classes", x).argmax(1) for s in (0, 1)]
    )
    assert facts["predicted by each"] == said[:, :5].tolist()
    assert facts["predicted"] in facts["predicted by each"]
    assert facts["networks that are right"] == (said[:, :5] == y[:5]).sum(0).tolist()
    alike = said[0] == said[1]
    assert facts["agreed"] == pytest.approx(alike.mean())
    assert facts["right where agreed"] == pytest.approx((said[0] == y)[alike].mean())
    assert facts["right where divided"] == pytest.approx((said == y)[:, ~alike].mean())
    assert facts["shape of one prediction"] == [1, 10]


def test_c4_kernels_before_and_after(rows, folder) -> None:
    facts, result = rows["C4"]["facts"], dure.load(folder / "clothing-cnn")
    assert facts["kernel"] == [3, 3, 1, 32] and facts["bias"] == [32]
    models = [result.lane("default", seed).model() for seed in (0, 1)]
    kernels = [np.asarray(model.layers[0].kernel, np.float64) for model in models]
    assert facts["mean"][0] == pytest.approx(np.mean([k.mean() for k in kernels]), abs=1e-6)
    assert facts["deviation"][0] == pytest.approx(np.mean([k.std() for k in kernels]), rel=1e-5)
    # Glorot and Bengio (2010): variance 2 / (fan in + fan out).
    assert facts["untrained deviation"][0] == pytest.approx(np.sqrt(2 / (9 + 9 * 32)), rel=0.08)
    assert all(n % 10 == 0 for n in facts["updates"])  # 320 rows in batches of 32


def test_c5_shapes_and_dark_values(rows, folder) -> None:
    facts, result = rows["C5"]["facts"], dure.load(folder / "digits-cnn")
    assert facts["clothing conv_1"] == [5, 28, 28, 32]
    assert facts["clothing conv_2"] == [5, 14, 14, 64]
    assert facts["digits conv_1"] == [5, 28, 28, 64]
    assert facts["digits conv_2"] == [5, 14, 14, 128]
    x = few(dure.data.mnist(), 500).test[0]
    models = [result.lane("default", seed).model() for seed in (0, 1)]
    dark = [(outputs(model, "conv_2", x) == 0).mean() for model in models]
    assert facts["digits conv_2 zero"][0] == pytest.approx(np.mean(dark), abs=1e-4)


def test_c6_both_ways_are_one(rows) -> None:
    facts = rows["C6"]["facts"]
    assert facts["largest difference"] == 0
    assert facts["shape of pool_1"] == [14, 14, 64]
    assert facts["shape of flatten"] == [7 * 7 * 128] and facts["shape of classes"] == [10]


def test_c6_nearest_means(rows, folder) -> None:
    facts, data = rows["C6"]["facts"], c6_sub_models.study(quick=True).data
    model = dure.load(folder / "digits-cnn").lane("default", 1).model()
    for name in ("pixels", "pool_2"):
        known, x = (
            np.reshape(rows if name == "pixels" else outputs(model, name, rows), (len(rows), -1))
            for rows in (data.x, data.test[0])
        )
        means = [np.mean(known[data.y == digit], axis=0, dtype=np.float64) for digit in range(10)]
        share = (cdist(x, means).argmin(axis=1) == data.test[1]).mean()
        # Of 200 digits one may lie midway between two means.
        assert facts[f"nearest mean of {name}"][1] == pytest.approx(share, abs=6e-3)


def test_c7_files_hold_all_of_it(rows, folder) -> None:
    facts = rows["C7"]["facts"]
    for whose in ("by Dure", "by Keras alone"):
        for suffix in ("keras", "h5"):
            for what in ("weights", "predictions", "look"):
                assert facts[f"{whose}, {suffix}: difference in {what}"] == 0
        keras_file, h5_file = (facts[f"{whose}, {suffix}: weights"] for suffix in ("keras", "h5"))
        assert keras_file == h5_file and len(h5_file) == 8
        sizes = [np.prod([int(n) for n in shape.split(" x ")]) for shape in h5_file]
        assert sum(sizes) == facts[f"{whose}: parameters"]
        kinds = ["Conv2D", "MaxPooling2D"] * 2 + ["Flatten", "Dense", "Dropout", "Dense"]
        assert facts[f"{whose}: classes"] == kinds
    found: list[int] = []
    with h5py.File(folder / "by-keras-alone.h5") as file:
        file["model_weights"].visititems(
            lambda _, item: found.append(item.size) if isinstance(item, h5py.Dataset) else None
        )
    assert sum(found) == facts["by Keras alone: parameters"]
