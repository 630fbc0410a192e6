"""A network's layers, what it takes, and the outputs of any layer."""

import numpy as np
import pytest

from dure.errors import DureError
from dure.inspection.network.network import BATCH, OUTPUT, Network
from dure.inspection.network.slopes import gradient, head
from dure.inspection.network.structure import layers, submodel
from helpers import plain_numpy as plain


def test_layers_of_inner_models_and_own_blocks_have_paths(nested, subclassed) -> None:
    assert list(nested.network.layers) == [
        "conv",
        "eyes",
        "eyes/core",
        "eyes/core/deep",
        "eyes/cut",
        "mean",
        "score",
        "soft",
    ]
    subclassed.network.inputs(subclassed.x)
    assert list(subclassed.network.layers) == ["block", "block/inner", "twice", "idle", "score"]


def test_a_layer_is_found_by_name_place_or_itself(nested) -> None:
    network = nested.network
    deep = network.layers["eyes/core/deep"]
    for told in ("eyes/core/deep", "deep", "core/deep", 3, -5, np.int64(3), deep):
        assert network.find(told) == "eyes/core/deep"


@pytest.mark.parametrize(
    ("layer", "words"),
    [("conf", "no layer 'conf'.*has conv, eyes.*Did you mean 'conv'"), (12, "no layer 12")],
)
def test_a_misspelt_layer_is_told(nested, layer, words) -> None:
    with pytest.raises(DureError, match=words):
        nested.network.find(layer)


def test_a_name_that_means_two_layers_is_told() -> None:
    import keras

    inner = [
        keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(2, name="same")], name=name)
        for name in ("a", "b")
    ]
    network = Network(keras.Sequential([keras.layers.Input((2,)), *inner]))
    with pytest.raises(DureError, match="'same' names 2 layers: a/same, b/same"):
        network.find("same")


def test_calls_come_in_order_with_shapes_and_counts(subclassed, text) -> None:
    calls = {call.name: call for call in subclassed.network.calls(subclassed.x)}
    assert list(calls) == ["block/inner", "block", "twice", "score"]
    assert calls["twice"].calls == 2 and calls["block"].shape == (5,)
    assert [name for name, call in calls.items() if call.is_output] == ["score"]
    first = text.network.calls(text.x)[0]
    assert (first.name, first.input_dtype, first.input_shape) == ("words", "int32", (1, 7))


@pytest.mark.parametrize("name", ["pictures", "nested", "branches", "text"])
def test_outputs_equal_keras_submodels(name, request) -> None:
    """Of every layer of a graph, those of inner models by a sub-model of the inner one."""
    import keras

    subject = request.getfixturevalue(name)
    called = [call.name for call in subject.network.calls(subject.x)]
    outputs = subject.network.outputs(called, subject.x)
    flat = [layer for layer in called if "/" not in layer and layer not in ("shared", "eyes")]
    graph = keras.Model(
        subject.model.inputs, [subject.model.get_layer(layer).output for layer in flat]
    )
    for layer, expected in zip(flat, graph.predict(subject.x, verbose=0), strict=True):
        np.testing.assert_allclose(outputs[layer], expected, rtol=1e-5, atol=1e-6, err_msg=layer)
    whole = subject.model.predict(subject.x, verbose=0)
    whole = whole[0] if isinstance(whole, list) else whole
    np.testing.assert_allclose(outputs[OUTPUT], whole, rtol=1e-5, atol=1e-6)


def test_outputs_of_inner_layers_equal_plain_convolutions(nested) -> None:
    model = nested.model
    deep = nested.network.layers["eyes/core/deep"]
    found = nested.network.outputs(["eyes/core/deep", "eyes/cut"], nested.x)
    expected = plain.conv2d(deep, plain.relu(plain.conv2d(model.get_layer("conv"), nested.x)))
    np.testing.assert_allclose(found["eyes/core/deep"], expected, atol=1e-5)
    np.testing.assert_allclose(found["eyes/cut"], plain.relu(expected), atol=1e-5)


def test_outputs_of_a_subclassed_model_equal_its_pass_by_hand(subclassed) -> None:
    own = subclassed.model
    found = subclassed.network.outputs(["block/inner", "block", "twice"], subclassed.x)
    inner = plain.relu(plain.dense(own.block.inner, subclassed.x))
    once = plain.sigmoid(plain.dense(own.twice, inner + 1))
    np.testing.assert_allclose(found["block/inner"], inner, atol=1e-5)
    np.testing.assert_allclose(found["block"], inner + 1, atol=1e-5)
    np.testing.assert_allclose(found["twice"], once, atol=1e-5)
    score = plain.dense(own.score, plain.sigmoid(plain.dense(own.twice, once)))
    np.testing.assert_allclose(found[OUTPUT], score, atol=1e-5)


@pytest.mark.parametrize("layer", ["deep", "cut", "eyes", "conv", "score", "core"])
def test_submodels_give_what_outputs_give(nested, layer) -> None:
    part = submodel(nested.network, layer)
    name = nested.network.find(layer)
    expected = nested.network.outputs([name], nested.x)[name]
    np.testing.assert_allclose(part.predict(nested.x, verbose=0), expected, atol=1e-6)
    deep = nested.network.layers["eyes/core/deep"]
    assert any(each is deep.kernel for each in part.weights) == (layer not in ("conv",))


def test_a_submodel_of_a_layer_called_twice_is_its_first_call(branches) -> None:
    part = submodel(branches.network, "shared")
    expected = branches.network.outputs(["shared"], branches.x)["shared"]
    np.testing.assert_allclose(part.predict(branches.x, verbose=0), expected, atol=1e-6)


def test_a_submodel_of_a_layer_fed_by_itself_is_its_first_call() -> None:
    import keras

    layer, start = keras.layers.Dense(2, activation="tanh", name="again"), keras.layers.Input((2,))
    network = Network(keras.Model(start, layer(layer(start))))
    x = np.ones((1, 2), np.float32)
    expected = np.tanh(plain.dense(layer, x))
    np.testing.assert_allclose(
        submodel(network, "again").predict(x, verbose=0), expected, rtol=1e-5
    )
    np.testing.assert_allclose(network.outputs(["again"], x)["again"], expected, rtol=1e-5)


def test_a_subclassed_model_has_no_submodels(subclassed) -> None:
    with pytest.raises(DureError, match="subclassed.*no graph.*feature_maps"):
        submodel(subclassed.network, "block")


def test_watching_leaves_no_trace(nested) -> None:
    nested.network.outputs(["conv"], nested.x)
    assert all("call" not in layer.__dict__ for layer in nested.network.layers.values())


def test_rows_pass_in_batches_of_one_program(pictures) -> None:
    rows = np.random.default_rng(2).normal(size=(BATCH + 3, 8, 8, 1)).astype(np.float32)
    network = Network(pictures.model)
    found = network.outputs(["conv"], rows)
    expected = plain.relu(plain.conv2d(pictures.model.get_layer("conv"), rows))
    np.testing.assert_allclose(found["conv"], expected, atol=1e-5)
    assert network._programs["outputs", ("conv",)]._cache_size() == 1


def test_other_weights_need_no_second_compilation() -> None:
    """Python sees a layer's call only while a program is traced."""
    import keras

    traced = []

    class Seen(keras.layers.Layer):
        def call(self, x):
            traced.append(1)
            return 1.0 * x

    dense = keras.layers.Dense(2, use_bias=False, name="dense")
    network = Network(keras.Sequential([keras.layers.Input((3,)), dense, Seen()]))
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    own = dense.get_weights()[0]
    for factor in (1.0, 2.0, 3.0):
        dense.set_weights([factor * own])
        found = network.outputs(["dense"], x)["dense"]
        slope = gradient(network, x, target=0).kept
        np.testing.assert_allclose(found, factor * x @ own, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(slope, np.tile(factor * own[:, 0], (4, 1)), rtol=1e-5)
        if factor == 1.0:
            first = len(traced)
    assert len(traced) == first


def test_a_layer_that_is_never_called_is_told(subclassed) -> None:
    with pytest.raises(DureError, match="did not call idle.*it called block/inner"):
        subclassed.network.outputs(["idle"], subclassed.x)


@pytest.mark.parametrize(
    ("subject", "x", "words"),
    [
        ("pictures", np.zeros((2, 9, 9, 1), np.float32), r"\(9, 9, 1\).*takes.*\(8, 8, 1\)"),
        ("pictures", np.zeros((2, 8, 8, 3), np.float32), r"\(8, 8, 3\).*takes.*\(8, 8, 1\)"),
        ("pictures", np.zeros((0, 8, 8, 1), np.float32), "no rows"),
        ("pictures", np.array(["a", "b"]), "holds text"),
        ("branches", np.zeros((2, 6), np.float32), r"takes 2 inputs.*\(6,\).*\(4,\)"),
        ("branches", [np.zeros((2, 6)), np.zeros((3, 4))], "rows disagree"),
        ("subclassed", np.zeros((2, 3), np.float32), r"own.*\(3,\) a row"),
    ],
)
def test_inputs_that_do_not_fit_are_told(subject, x, words, request) -> None:
    network = request.getfixturevalue(subject).network
    network.inputs(request.getfixturevalue(subject).x)
    with pytest.raises(DureError, match=words):
        network.outputs([], x)


def test_a_model_without_input_is_built_by_its_first_rows() -> None:
    import keras

    model = keras.Sequential([keras.layers.Dense(3, activation="relu", name="a")])
    network = Network(model)
    x = np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)
    found = network.outputs(["a"], x)["a"]
    np.testing.assert_allclose(found, plain.relu(plain.dense(model.layers[0], x)), atol=1e-6)
    with pytest.raises(DureError, match=r"shape \(5,\) a row. It takes rows of shape \(2,\)"):
        network.inputs(np.zeros((1, 5), np.float32))


def test_heads_are_read_off(pictures, nested, branches, text, subclassed) -> None:
    heads = {
        subject.model.name: head(subject.network, subject.x)
        for subject in (pictures, nested, branches, text, subclassed)
    }
    told = {name: (one.layer, one.activation, one.units) for name, one in heads.items()}
    assert told == {
        "pictures": ("classes", "softmax", 4),
        "nested": ("soft", "softmax", 3),
        "branches": ("", "", 3),
        "text": ("good", "sigmoid", 1),
        "own": ("", "", 2),
    }
    assert heads["text"].binary and not heads["own"].binary
    assert heads["branches"].logits and not heads["pictures"].logits
    assert heads["own"].loss == "" and heads["text"].loss == "binary_crossentropy"


def test_the_table_of_layers(nested, subclassed) -> None:
    table = layers(nested.network).set_index("name")
    assert table.loc["eyes/core/deep", "output_shape"] == (4, 4, 3)
    assert table.loc["conv", "parameters"] == 3 * 3 * 1 * 2 + 2
    assert table.loc["conv", "activation"] == "relu" and table.loc["soft", "class"] == "Softmax"
    own = layers(subclassed.network, subclassed.x).set_index("name")
    assert own.loc["block/inner", "output_shape"] == (5,)
    assert own.loc["idle", "output_shape"] is None


def test_a_layer_called_inside_a_loop_is_told() -> None:
    import keras

    class Looping(keras.layers.Layer):
        def __init__(self):
            super().__init__(name="looping")
            self.step = keras.layers.Dense(2, name="step")

        def build(self, shape):
            self.step.build((shape[0], shape[2]))

        def call(self, x):
            steps = keras.ops.swapaxes(x, 0, 1)
            return keras.ops.scan(lambda c, v: (c + self.step(v), c), steps[0], steps)[0]

    network = Network(keras.Sequential([keras.layers.Input((3, 2)), Looping()]))
    x = np.ones((2, 3, 2), np.float32)
    assert network.outputs(["looping"], x)["looping"].shape == (2, 2)
    with pytest.raises(DureError, match="looping/step cannot be watched.*inside a loop"):
        network.outputs(["looping/step"], x)


def test_half_precision_comes_as_float32() -> None:
    import keras

    dense = keras.layers.Dense(2, dtype="mixed_bfloat16", name="dense")
    network = Network(keras.Sequential([keras.layers.Input((3,)), dense]))
    x = np.ones((2, 3), np.float32)
    assert network.outputs(["dense"], x)["dense"].dtype == np.float32
    found = gradient(network, x, "dense", 1)
    np.testing.assert_array_equal(found.kept, [[0, 1], [0, 1]])
    assert found.kept.dtype == np.float32


def test_a_stateful_model_is_looked_at_row_by_row() -> None:
    """Any number of rows, each from zero states; the model itself stays as it was."""
    import keras

    from dure.inspection.measures.gradients import gradients

    both = keras.layers.Bidirectional(keras.layers.GRU(3, stateful=True), name="both")
    last = keras.layers.LSTM(3, stateful=True, return_sequences=True, name="lstm")
    start = keras.layers.InputLayer(batch_shape=(4, 6, 2))
    model = keras.Sequential([start, last, both, keras.layers.Dense(2, "softmax", name="out")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(6, 6, 2)).astype(np.float32)
    network = Network(model)
    found = network.outputs(["lstm"], x)
    for start_row in (0, 2):
        both.reset_states()
        last.reset_states()
        rows = x[start_row : start_row + 4]
        expected = model.predict(rows, batch_size=4, verbose=0)
        part = found[OUTPUT][start_row : start_row + 4]
        np.testing.assert_allclose(part, expected, rtol=1e-5, atol=1e-6)
    assert gradients(network, x, np.zeros(6, int))["layer"].values.tolist() == [
        "lstm",
        "both",
        "out",
    ]
    assert last.stateful and both.forward_layer.stateful
