"""Archives of TensorFlow 2.12 to 2.15, written by hand: arrays by class and count."""

import io
import json
import zipfile

import h5py
import numpy as np
import pytest

import dure
from dure.errors import DureError
from helpers.old_file_cases import gates_of, joined, norm_of, rnd, run_lstm, run_norm, sigmoid
from helpers.old_files import dense, graph, input_layer, layer, normalization, recurrent


def _write(path, config, paths, version="2.15.0", **more) -> None:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.create_group("optimizer/vars")
        file["optimizer/vars/0"] = np.int64(7)
        for name, array in paths.items():
            file[name] = np.asarray(array, np.float32)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": version}))
        archive.writestr("config.json", json.dumps({**config, **more}))
        archive.writestr("model.weights.h5", content.getvalue())


def _modern(each):
    """A layer as an archive has it: with the module of its class."""
    return {"module": "keras.layers", "registered_name": None, **each}


def _both_ways(folder="layers", second="dense_1"):
    """Two layers of one class, a model in a model, and layers inside a layer."""
    a, b, norm, c, d = rnd(4, 4), rnd(4), norm_of(4), rnd(6, 2), rnd(2)
    there, back = gates_of("ifco", 4, 3), gates_of("ifco", 4, 3)
    version = "2.15.0"
    inside = [
        input_layer("in_2", 4),
        dense(version, "fc", 4),
        normalization(version, "bn", [1]),
        dense(version, "fc_2", 4),
    ]
    inner = {"name": "inner", "layers": [_modern(each) for each in inside]}
    lstm = _modern(recurrent(version, "LSTM", "lstm", 3))
    both = layer("Bidirectional", "both", [[["steps", 0, 0, {}]]], layer=lstm, merge_mode="concat")
    layers = [
        input_layer("in_1", 4, graph=True),
        {
            "class_name": "Sequential",
            "config": inner,
            "name": "inner",
            "inbound_nodes": [[["in_1", 0, 0, {}]]],
        },
        layer("RepeatVector", "steps", [[["inner", 1, 0, {}]]], n=3),
        both,
        {**dense(version, "last", 2), "name": "last", "inbound_nodes": [[["both", 0, 0, {}]]]},
    ]
    model = graph("model", [_modern(each) for each in layers], ["in_1"], [["last", 0, 0]])
    config = {"module": "keras.src.engine.functional", "class_name": "Functional", "config": model}
    at, more = f"{folder}/sequential/{folder}", rnd(4, 4)
    paths = {f"{at}/dense/vars/0": a, f"{at}/dense/vars/1": b}
    paths |= {f"{at}/{second}/vars/0": more, f"{at}/{second}/vars/1": np.zeros(4)}
    paths |= {f"{at}/batch_normalization/vars/{i}": each for i, each in enumerate(norm)}
    for name, gates in (("forward_layer", there), ("backward_layer", back)):
        arrays = joined(gates, "ifco")
        paths |= {f"{folder}/bidirectional/{name}/cell/vars/{i}": v for i, v in enumerate(arrays)}
    paths |= {f"{folder}/dense/vars/0": c, f"{folder}/dense/vars/1": d}
    x = rnd(5, 4)
    steps = np.repeat((run_norm(x @ a + b, norm) @ more)[:, None], 3, axis=1)
    halves = [run_lstm(steps, there, sigmoid), run_lstm(steps[:, ::-1], back, sigmoid)]
    return config, paths, x, np.concatenate(halves, -1) @ c + d


@pytest.mark.parametrize(
    ("folder", "second"),
    [("layers", "dense_1"), ("_layer_checkpoint_dependencies", "dense_2")],
    ids=["2.13 to 2.15", "2.12"],
)
def test_it_gives_what_it_gave(folder, second, tmp_path) -> None:
    config, paths, x, expected = _both_ways(folder, second)
    adam = {"class_name": "Adam", "config": {"learning_rate": 0.01, "jit_compile": True}}
    given = {"optimizer": adam, "loss": "mse", "metrics": ["mae"], "loss_weights": None}
    _write(tmp_path / "m.keras", config, paths, compile_config=given)
    model = dure.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(model(x), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(float(model.optimizer.learning_rate), 0.01)
    assert model.compiled


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda paths: paths.pop("layers/dense/vars/1"), r"[\s\S]*expected 2 variables"),
        (lambda paths: paths.update({"layers/dense_1/vars/0": 1.0}), "no layer takes.*dense_1"),
        (lambda paths: paths.update({"layers/dense/vars/1": np.ones(3)}), "layers/dense"),
    ],
)
def test_arrays_that_do_not_fit_are_told(change, words, tmp_path) -> None:
    config, paths, *_ = _both_ways()
    change(paths)
    _write(tmp_path / "m.keras", config, paths)
    with pytest.raises(DureError, match=f"written by Keras 2.15.0.*({words})"):
        dure.load_model(tmp_path / "m.keras")


def test_an_archive_that_lacks_its_numbers(tmp_path) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.13.1"}))
        archive.writestr("config.json", "{}")
    with pytest.raises(DureError, match="is damaged.*model.weights.h5"):
        dure.load_model(tmp_path / "m.keras")
