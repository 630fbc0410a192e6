"""Old files of each version with rows and what their models give for them, in plain NumPy."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helpers.old_files import (
    OldFile,
    before,
    conv,
    dense,
    first_conv,
    first_dense,
    first_input,
    first_recurrent,
    graph,
    input_layer,
    layer,
    normalization,
    recurrent,
)

_RNG = np.random.default_rng(12)


def rnd(*shape: int) -> np.ndarray:
    return _RNG.normal(size=shape)


class Case(NamedTuple):
    file: OldFile
    x: Any
    expected: Any


CASES: dict[str, Callable[[], Case]] = {}


def case(make: Callable[[], Case]) -> Callable[[], Case]:
    CASES[make.__name__.strip("_")] = make
    return make


# --- arithmetic -----------------------------------------------------------------------------


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def hard(v):
    """The hard sigmoid of Keras 1 and 2."""
    return np.clip(0.2 * v + 0.5, 0, 1)


def softmax(v):
    powers = np.exp(v - v.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def run_lstm(x, gates, gate=hard):
    """The last state; `gates`: (W, U, b) by "i", "f", "c", "o"."""
    state = cell = np.zeros((len(x), len(gates["i"][2])))
    for step in range(x.shape[1]):
        z = {k: x[:, step] @ W + state @ U + b for k, (W, U, b) in gates.items()}
        cell = gate(z["f"]) * cell + gate(z["i"]) * np.tanh(z["c"])
        state = gate(z["o"]) * np.tanh(cell)
    return state


def run_gru(x, gates, gate=hard, after=None):
    """The last state; with `after` (biases of the state) the reset comes after the product."""
    state = np.zeros((len(x), len(gates["z"][2])))
    extra = after or dict.fromkeys("zrh", 0.0)
    for step in range(x.shape[1]):
        now = {k: x[:, step] @ W + b for k, (W, _, b) in gates.items()}
        z, r = (gate(now[k] + state @ gates[k][1] + extra[k]) for k in "zr")
        if after:
            new = np.tanh(now["h"] + r * (state @ gates["h"][1] + extra["h"]))
        else:
            new = np.tanh(now["h"] + (r * state) @ gates["h"][1])
        state = z * state + (1 - z) * new
    return state


def run_conv(x, kernel, bias, turned=False):
    """Valid padding, stride 1; kernel [rows, columns, input, output], x channels last."""
    kernel = kernel[::-1, ::-1] if turned else kernel
    high, wide = kernel.shape[:2]
    out = np.zeros((len(x), x.shape[1] - high + 1, x.shape[2] - wide + 1, kernel.shape[3]))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            out[:, i, j] = np.einsum("rhwc,hwcf->rf", x[:, i : i + high, j : j + wide], kernel)
    return out + bias


def run_norm(x, numbers):
    gamma, beta, mean, variance = numbers
    return gamma * (x - mean) / np.sqrt(variance + 0.001) + beta


def gates_of(names, inputs, units):
    return {name: (rnd(inputs, units), rnd(units, units), rnd(units)) for name in names}


def norm_of(count):
    return [rnd(count), rnd(count), rnd(count), rnd(count) ** 2 + 0.5]


def joined(gates, order):
    return [np.concatenate([gates[k][i] for k in order], -1) for i in range(3)]


# --- Keras 1.2 ------------------------------------------------------------------------------


@case
def _first_dense() -> Case:
    kernel, bias, last = rnd(3, 4), rnd(4), rnd(4, 2)
    decay = {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.01}
    norm = {"name": "MaxNorm", "m": 2, "axis": 0}
    own = {**first_input(3), "W_regularizer": decay, "W_constraint": norm, "input_dim": 3}
    layers = [
        first_dense("dense_1", 4, "relu", **{**own, "init": "uniform"}),
        layer("Dropout", "dropout_1", p=0.3),
        first_dense("dense_2", 2, "softmax", bias=False, input_dim=4),
    ]
    adam = {"lr": 0.002, "beta_1": 0.9, "beta_2": 0.999, "decay": 0.0, "epsilon": 1e-08}
    compiled = {
        "optimizer_config": {"class_name": "Adam", "config": adam},
        "loss": "categorical_crossentropy",
        "metrics": ["accuracy"],
        "sample_weight_mode": None,
        "loss_weights": None,
    }
    groups = {
        "dense_1": [("dense_1_W:0", kernel), ("dense_1_b:0", bias)],
        "dropout_1": [],
        "dense_2": [("dense_2_W:0", last)],
    }
    x = rnd(5, 3)
    expected = softmax(np.maximum(x @ kernel + bias, 0) @ last)
    return Case(OldFile("1.2.2", "", layers, groups, compiled), x, expected)


def _first_gates(name, gates, order):
    return [(f"{name}_{kind}_{k}:0", gates[k][i]) for k in order for i, kind in enumerate("WUb")]


@case
def _first_lstm() -> Case:
    gates = gates_of("icfo", 4, 3)
    layers = [first_recurrent("LSTM", "lstm_1", 3, **first_input(6, 4))]
    groups = {"lstm_1": _first_gates("lstm_1", gates, "icfo")}
    x = rnd(5, 6, 4)
    return Case(OldFile("1.2.2", "", layers, groups), x, run_lstm(x, gates))


@case
def _first_lstm_joined() -> Case:
    gates = gates_of("ifco", 4, 3)
    layers = [first_recurrent("LSTM", "lstm_1", 3, **first_input(6, 4), consume_less="gpu")]
    arrays = zip(("W", "U", "b"), joined(gates, "ifco"), strict=True)
    groups = {"lstm_1": [(f"lstm_1_{kind}:0", array) for kind, array in arrays]}
    x = rnd(5, 6, 4)
    return Case(OldFile("1.2.2", "", layers, groups), x, run_lstm(x, gates))


@case
def _first_gru_of_words() -> Case:
    words, gates = rnd(10, 4), gates_of("zrh", 4, 3)
    own = {**first_input(6, dtype="int32"), "input_length": 6, "init": "uniform", "dropout": 0.0}
    own |= {"mask_zero": False, "W_regularizer": None, "W_constraint": None}
    layers = [
        layer("Embedding", "embedding_1", input_dim=10, output_dim=4, **own),
        first_recurrent("GRU", "gru_1", 3, input_dim=4),
    ]
    groups = {
        "embedding_1": [("embedding_1_W:0", words)],
        "gru_1": _first_gates("gru_1", gates, "zrh"),
    }
    x = _RNG.integers(0, 10, (5, 6))
    return Case(OldFile("1.2.2", "", layers, groups), x, run_gru(words[x], gates))


@case
def _first_both_ways() -> Case:
    forward, backward = gates_of("zrh", 4, 3), gates_of("zrh", 4, 3)
    inner = first_recurrent("GRU", "gru_1", 3)
    layers = [layer("Bidirectional", "bidirectional_1", layer=inner, merge_mode="concat")]
    layers[0]["config"] |= first_input(6, 4)
    arrays = _first_gates("forward_gru_1", forward, "zrh")
    arrays += _first_gates("backward_gru_1", backward, "zrh")
    x = rnd(5, 6, 4)
    both = np.concatenate([run_gru(x, forward), run_gru(x[:, ::-1], backward)], -1)
    return Case(OldFile("1.2.2", "", layers, {"bidirectional_1": arrays}), x, both)


def _first_picture(theano: bool, first: bool) -> Case:
    """Convolution, normalization and a sum over pixels; channels first or last."""
    kernel, bias, numbers, last = rnd(3, 2, 3, 4), rnd(4), norm_of(4), rnd(4, 2)
    shape = (3, 6, 7) if first else (6, 7, 3)
    order = "th" if first else "tf"
    conv_1 = first_conv("convolution2d_1", 4, (3, 2), dim_ordering=order, **first_input(*shape))
    norm = {"epsilon": 0.001, "mode": 0, "axis": 1 if first else -1, "momentum": 0.99}
    layers = [
        conv_1,
        layer("BatchNormalization", "norm", gamma_regularizer=None, beta_regularizer=None, **norm),
        layer("GlobalAveragePooling2D", "pool", dim_ordering=order),
        first_dense("dense_1", 2, input_dim=4),
    ]
    end = "" if theano else ":0"
    kinds = ("gamma", "beta", "running_mean", "running_std")
    stored = kernel.transpose(3, 2, 0, 1) if first else kernel
    groups = {
        "convolution2d_1": [
            (f"convolution2d_1_W{end}", stored),
            (f"convolution2d_1_b{end}", bias),
        ],
        "norm": [(f"norm_{kind}{end}", each) for kind, each in zip(kinds, numbers, strict=True)],
        "pool": [],
        "dense_1": [(f"dense_1_W{end}", last), (f"dense_1_b{end}", np.zeros(2))],
    }
    x = rnd(5, *shape)
    pixels = x.transpose(0, 2, 3, 1) if first else x
    inside = run_norm(run_conv(pixels, kernel, bias, turned=theano), numbers)
    return Case(OldFile("1.2.2", "", layers, groups), x, inside.mean((1, 2)) @ last)


@case
def _first_picture_theano() -> Case:
    return _first_picture(theano=True, first=True)


@case
def _first_picture_theano_channels_last() -> Case:
    return _first_picture(theano=True, first=False)


@case
def _first_picture_tensorflow() -> Case:
    return _first_picture(theano=False, first=False)


@case
def _first_picture_tensorflow_channels_first() -> Case:
    return _first_picture(theano=False, first=True)


@case
def _first_sequences() -> Case:
    kernel, bias = rnd(3, 1, 2, 4), rnd(4)
    own = {"filter_length": 3, "nb_filter": 4, "subsample_length": 1, "border_mode": "valid"}
    layers = [
        layer("Convolution1D", "conv", activation="relu", **own, **first_input(8, 2)),
        layer("MaxPooling1D", "pool", pool_length=2, stride=2, border_mode="valid"),
        layer("LeakyReLU", "leak", alpha=0.2),
        layer("Flatten", "flat"),
    ]
    x = rnd(5, 8, 2)
    inside = np.maximum(run_conv(x[:, :, None], kernel, bias)[:, :, 0], 0)
    expected = inside.reshape(5, 3, 2, 4).max(2).reshape(5, -1)
    groups = {"conv": [("conv_W:0", kernel), ("conv_b:0", bias)]}
    return Case(OldFile("1.2.2", "", layers, groups), x, expected)


@case
def _first_merged_branches() -> Case:
    a, b, last = rnd(4, 3), rnd(5, 3), rnd(6, 2)
    branches = [
        {"class_name": "Sequential", "config": [first_dense(name, 3, **first_input(size))]}
        for name, size in (("dense_1", 4), ("dense_2", 5))
    ]
    own = {"mode": "concat", "mode_type": "raw", "concat_axis": -1, "dot_axes": -1}
    own |= {"output_shape": None, "output_mask": None, "arguments": {}, "layers": branches}
    layers = [{"class_name": "Merge", "config": {"name": "merge_1", **own}}]
    layers.append(first_dense("dense_3", 2))
    zero = {"dense_1": np.zeros(3), "dense_2": np.zeros(3), "dense_3": np.zeros(2)}
    groups = {
        name: [(f"{name}_W:0", kernel), (f"{name}_b:0", zero[name])]
        for name, kernel in (("dense_1", a), ("dense_2", b), ("dense_3", last))
    }
    x = [rnd(5, 4), rnd(5, 5)]
    expected = np.concatenate([x[0] @ a, x[1] @ b], -1) @ last
    return Case(OldFile("1.2.2", "", layers, groups), x, expected)


@case
def _first_nodes() -> Case:
    """A layer called twice, and a Merge; nodes have three entries."""
    kernel, bias = rnd(4, 3), rnd(3)
    shared = first_dense("dense_1", 3)
    own = {"mode": "mul", "mode_type": "raw", "concat_axis": -1, "dot_axes": -1}
    calls = [[[name, 0, 0]] for name in ("a", "b")]
    layers = [layer("InputLayer", name, [], **first_input(4), sparse=False) for name in ("a", "b")]
    layers.append({**shared, "name": "dense_1", "inbound_nodes": calls})
    layers.append(layer("Merge", "merge_1", [[["dense_1", 0, 0], ["dense_1", 1, 0]]], **own))
    config = graph("model_1", layers, ["a", "b"], [["merge_1", 0, 0]])
    groups = {"dense_1": [("dense_1_W:0", kernel), ("dense_1_b:0", bias)]}
    x = [rnd(5, 4), rnd(5, 4)]
    expected = (x[0] @ kernel + bias) * (x[1] @ kernel + bias)
    return Case(OldFile("1.2.2", "", config, groups), x, expected)


# --- Keras 2.0 and 2.2 ----------------------------------------------------------------------


def _named(name, arrays, end=":0", inside=""):
    kinds = ("kernel", "recurrent_kernel", "bias") if len(arrays) == 3 else ("kernel", "bias")
    middle = f"{inside}/" if inside else ""
    return [(f"{name}/{middle}{k}{end}", a) for k, a in zip(kinds, arrays, strict=True)]


@case
def _second_lstm() -> Case:
    gates, last, bias = gates_of("ifco", 4, 3), rnd(3, 1), rnd(1)
    own = {"batch_input_shape": [None, 6, 4], "dtype": "float32", "implementation": 0}
    layers = [
        recurrent("2.0.8", "LSTM", "lstm_1", 3, **own),
        dense("2.0.8", "dense_1", 1, "sigmoid"),
    ]
    groups = {
        "lstm_1": _named("lstm_1", joined(gates, "ifco")),
        "dense_1": _named("dense_1", [last, bias]),
    }
    x = rnd(5, 6, 4)
    expected = sigmoid(run_lstm(x, gates) @ last + bias)
    return Case(OldFile("2.0.8", "tensorflow", layers, groups), x, expected)


@case
def _second_gru() -> Case:
    """No argument reset_after yet: the reset comes before the product."""
    gates = gates_of("zrh", 4, 3)
    layers = [recurrent("2.0.8", "GRU", "gru_1", 3, batch_input_shape=[None, 6, 4])]
    groups = {"gru_1": _named("gru_1", joined(gates, "zrh"))}
    x = rnd(5, 6, 4)
    return Case(OldFile("2.0.8", "tensorflow", layers, groups), x, run_gru(x, gates))


@case
def _second_picture_theano() -> Case:
    kernel, bias = rnd(3, 2, 2, 4), rnd(4)
    own = {"filters": 4, "kernel_size": [3, 2], "batch_input_shape": [None, 2, 5, 6]}
    made = conv("2.0.8", "Conv2D", "conv2d_1", **{**own, "data_format": "channels_first"})
    x = rnd(4, 2, 5, 6)
    expected = run_conv(x.transpose(0, 2, 3, 1), kernel, bias, turned=True).transpose(0, 3, 1, 2)
    groups = {"conv2d_1": _named("conv2d_1", [kernel, bias], "")}
    return Case(OldFile("2.0.8", "theano", [made], groups), x, expected)


def _cudnn(gates, order):
    """Each gate's matrices as cuDNN keeps them: what C order of the transposed one is."""
    kernels = [gates[k][0].T.reshape(gates[k][0].shape) for k in order]
    states = [gates[k][1].T for k in order]
    return [np.concatenate(kernels, -1), np.concatenate(states, -1)]


@case
def _cudnn_lstm() -> Case:
    gates, other = gates_of("ifco", 4, 3), rnd(12)
    biases = np.concatenate([np.concatenate([gates[k][2] for k in "ifco"]) - other, other])
    made = recurrent("2.2.4", "CuDNNLSTM", "lstm", 3, batch_input_shape=[None, 6, 4])
    for key in ("activation", "recurrent_activation", "use_bias", "unroll", "implementation"):
        del made["config"][key]
    groups = {"lstm": _named("lstm", [*_cudnn(gates, "ifco"), biases])}
    x = rnd(5, 6, 4)
    expected = run_lstm(x, gates, sigmoid)
    config = {"name": "sequential_1", "layers": [made]}
    return Case(OldFile("2.2.4", "tensorflow", config, groups), x, expected)


@case
def _cudnn_gru() -> Case:
    gates, other = gates_of("zrh", 4, 3), rnd(9)
    biases = np.concatenate([*(gates[k][2] for k in "zrh"), other])
    made = recurrent("2.2.4", "CuDNNGRU", "gru", 3, batch_input_shape=[None, 6, 4])
    for key in ("activation", "recurrent_activation", "use_bias", "unroll", "implementation"):
        del made["config"][key]
    groups = {"gru": _named("gru", [*_cudnn(gates, "zrh"), biases])}
    x = rnd(5, 6, 4)
    after = dict(zip("zrh", np.split(other, 3), strict=True))
    expected = run_gru(x, gates, sigmoid, after)
    config = {"name": "sequential_1", "layers": [made]}
    return Case(OldFile("2.2.4", "tensorflow", config, groups), x, expected)


def _frozen_inside(version: str, end: str) -> Case:
    """A model in a model, called twice; its first layer is frozen, so its arrays come last."""
    a, b, c, d, norm = rnd(4, 4), rnd(4), rnd(4, 4), rnd(4), norm_of(4)
    first = {"batch_input_shape": [None, 4], "dtype": "float32"}
    inside = [
        dense(version, "a", 4, **first),
        normalization(version, "b", -1 if before(version, 2, 3) else [1]),
        dense(version, "c", 4, "tanh"),
    ]
    inside[0]["config"]["trainable"] = False
    if not before(version, 2, 3):
        inside.insert(0, input_layer("a_input", 4))
    inner = {"name": "inner", "layers": inside}
    layers = [
        input_layer("input_1", 4, graph=True),
        {
            "class_name": "Sequential",
            "config": inner,
            "name": "inner",
            "inbound_nodes": [[["input_1", 0, 0, {}]], [["inner", 1, 0, {}]]],
        },
        layer("Add", "add_1", [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]]),
    ]
    config = graph("model_1", layers, ["input_1"], [["add_1", 0, 0]])
    kinds = ("gamma", "beta", "moving_mean", "moving_variance")
    states = [(f"b/{kind}{end}", each) for kind, each in zip(kinds, norm, strict=True)]
    arrays = [*states[:2], *_named("c", [c, d], end), *_named("a", [a, b], end), *states[2:]]

    def run(x):
        return np.tanh(run_norm(x @ a + b, norm) @ c + d)

    x = rnd(5, 4)
    backend = "theano" if not end else "tensorflow"
    file = OldFile(version, backend, config, {"input_1": [], "inner": arrays, "add_1": []})
    return Case(file, x, run(x) + run(run(x)))


@case
def _frozen_inside_theano() -> Case:
    return _frozen_inside("2.2.4", "")


# --- tf.keras 2.4, 2.8, 2.12 ----------------------------------------------------------------


@case
def _frozen_inside_tensorflow() -> Case:
    return _frozen_inside("2.8.0", ":0")


@case
def _nameless_frozen_inside() -> Case:
    """Names that do not tell the layer, as after a model was loaded in the same session."""
    made = _frozen_inside("2.4.0", ":0")
    arrays = [(f"x_{i}/v:0", each) for i, (_, each) in enumerate(made.file.groups["inner"])]
    return made._replace(file=made.file._replace(groups={"inner": arrays}))


@case
def _words_and_gru() -> Case:
    """What most .h5 files of text have: Embedding and a GRU whose reset comes after."""
    words, gru, after, last = rnd(10, 4), gates_of("zrh", 4, 2), rnd(6), rnd(2, 1)
    own = {"embeddings_regularizer": None, "embeddings_constraint": None, "input_length": 6}
    filler = {"class_name": "RandomUniform", "config": {"minval": -0.05, "maxval": 0.05}}
    own |= {"embeddings_initializer": filler, "mask_zero": False, "dtype": "float32"}
    layers = [
        input_layer("embedding_input", 6),
        layer("Embedding", "embedding", input_dim=10, output_dim=4, **own),
        recurrent("2.4.0", "GRU", "gru", 2, reset_after=True),
        dense("2.4.0", "dense", 1, "sigmoid"),
    ]
    after_by = dict(zip("zrh", np.split(after, 3), strict=True))
    *kernels, bias = joined(gru, "zrh")
    groups = {
        "embedding": [("embedding/embeddings:0", words)],
        "gru": _named("gru", [*kernels, np.stack([bias, after])], inside="gru_cell"),
        "dense": _named("dense", [last, np.zeros(1)]),
    }
    x = _RNG.integers(0, 10, (5, 6))
    expected = sigmoid(run_gru(words[x], gru, sigmoid, after_by) @ last)
    metrics = ["acc", {"class_name": "AUC", "config": {"name": "auc", "num_thresholds": 9}}]
    rms = {"name": "RMSprop", "learning_rate": 0.002, "decay": 0.0, "rho": 0.9, "momentum": 0.0}
    rms |= {"epsilon": 1e-07, "centered": False}
    compiled = {
        "loss": "binary_crossentropy",
        "metrics": metrics,
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {"class_name": "RMSprop", "config": rms},
    }
    config = {"name": "sequential", "layers": layers}
    return Case(OldFile("2.4.0", "tensorflow", config, groups, compiled), x, expected)


@case
def _time_major_lstm() -> Case:
    gates = gates_of("ifco", 4, 3)
    layers = [input_layer("lstm_input", 6, 4), recurrent("2.8.0", "LSTM", "lstm", 3)]
    groups = {"lstm": _named("lstm", joined(gates, "ifco"), inside="lstm_cell")}
    x = rnd(5, 6, 4)
    config = {"name": "sequential", "layers": layers}
    expected = run_lstm(x, gates, sigmoid)
    return Case(OldFile("2.8.0", "tensorflow", config, groups), x, expected)


@case
def _teachable_machine() -> Case:
    """Models in models, and depthwise convolutions with groups."""
    depthwise, one, bias, last = rnd(3, 3, 2, 1), rnd(1, 1, 2, 3), rnd(3), rnd(3, 2)
    convs = [
        input_layer("input", 6, 6, 2),
        conv("2.8.0", "DepthwiseConv2D", "depth", "depthwise", kernel_size=[3, 3], use_bias=False),
        conv("2.8.0", "Conv2D", "point", filters=3, kernel_size=[1, 1]),
        layer("ReLU", "relu", max_value=6.0, negative_slope=0.0, threshold=0.0),
        layer("GlobalAveragePooling2D", "pool", data_format="channels_last"),
    ]
    convs[1]["config"]["depth_multiplier"] = 1
    ends = [input_layer("dense_input", 3), dense("2.8.0", "dense", 2, "softmax", use_bias=False)]
    parts = [
        {"class_name": "Sequential", "config": {"name": name, "layers": layers}}
        for name, layers in (("pictures", convs), ("classes", ends))
    ]
    groups = {
        "pictures": [("depth/depthwise_kernel:0", depthwise), *_named("point", [one, bias])],
        "classes": [("dense/kernel:0", last)],
    }
    x = rnd(4, 6, 6, 2)
    inside = np.stack([run_conv(x[..., i : i + 1], depthwise[:, :, i : i + 1], 0) for i in (0, 1)])
    inside = np.clip(run_conv(np.moveaxis(inside[..., 0], 0, -1), one, bias), 0, 6)
    config = {"name": "sequential", "layers": parts}
    expected = softmax(inside.mean((1, 2)) @ last)
    return Case(OldFile("2.8.0", "tensorflow", config, groups), x, expected)


@case
def _states_handed_on() -> Case:
    """A decoder that begins with the states of the encoder, all in one list."""
    gates, more = gates_of("ifco", 4, 3), gates_of("ifco", 3, 3)
    own = {"return_state": True}
    encoder = recurrent("2.12.0", "LSTM", "encoder", 3, **own)
    decoder = recurrent("2.12.0", "LSTM", "decoder", 3)
    nodes = [["b", 0, 0, {}], ["encoder", 0, 1, {}], ["encoder", 0, 2, {}]]
    layers = [
        input_layer("a", 6, 4, graph=True),
        input_layer("b", 2, 3, graph=True),
        {**encoder, "name": "encoder", "inbound_nodes": [[["a", 0, 0, {}]]]},
        {**decoder, "name": "decoder", "inbound_nodes": [nodes]},
    ]
    config = graph("model", layers, ["a", "b"], [["decoder", 0, 0]])
    groups = {
        "encoder": _named("encoder", joined(gates, "ifco"), inside="lstm_cell"),
        "decoder": _named("decoder", joined(more, "ifco"), inside="lstm_cell_1"),
    }
    x = [rnd(5, 6, 4), rnd(5, 2, 3)]

    def run(rows, gates, state, cell):
        for step in range(rows.shape[1]):
            z = {k: rows[:, step] @ W + state @ U + b for k, (W, U, b) in gates.items()}
            cell = sigmoid(z["f"]) * cell + sigmoid(z["i"]) * np.tanh(z["c"])
            state = sigmoid(z["o"]) * np.tanh(cell)
        return state, cell

    states = run(x[0], gates, np.zeros((5, 3)), np.zeros((5, 3)))
    expected = run(x[1], more, *states)[0]
    return Case(OldFile("2.12.0", "tensorflow", config, groups), x, expected)


@case
def _slashes_in_names() -> Case:
    kernel, bias, norm = rnd(4, 3), rnd(3), norm_of(3)
    layers = [
        input_layer("in", 4, graph=True),
        {**dense("2.12.0", "block/fc", 3), "name": "block/fc"},
        {**normalization("2.12.0", "block/bn", [1]), "name": "block/bn"},
    ]
    layers[1]["inbound_nodes"] = [[["in", 0, 0, {}]]]
    layers[2]["inbound_nodes"] = [[["block/fc", 0, 0, {}]]]
    kinds = ("gamma", "beta", "moving_mean", "moving_variance")
    config = graph("model", layers, ["in"], [["block/bn", 0, 0]])
    states = [(f"block/bn/{k}:0", each) for k, each in zip(kinds, norm, strict=True)]
    groups = {"block/fc": _named("block/fc", [kernel, bias]), "block/bn": states}
    compiled = {
        "loss": {"block/bn": "mse"},
        "metrics": None,
        "weighted_metrics": None,
        "loss_weights": None,
        "optimizer_config": {"class_name": "SGD", "config": {"learning_rate": 0.1}},
    }
    x = rnd(5, 4)
    expected = run_norm(x @ kernel + bias, norm)
    return Case(OldFile("2.12.0", "tensorflow", config, groups, compiled), x, expected)
