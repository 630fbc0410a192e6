"""Layers in plain NumPy loops, in float64, and slopes by central differences."""

import numpy as np


def relu(v):
    return np.maximum(v, 0)


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def softmax(v):
    powers = np.exp(v - v.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def weights(layer):
    return [np.asarray(value, np.float64) for value in layer.get_weights()]


def dense(layer, x):
    kernel, bias = weights(layer)
    return x @ kernel + bias


def conv2d(layer, x):
    """Valid padding, stride 1; x [rows, height, width, channels]."""
    kernel, bias = weights(layer)
    high, wide = kernel.shape[:2]
    out = np.zeros((len(x), x.shape[1] - high + 1, x.shape[2] - wide + 1, kernel.shape[3]))
    for i in range(out.shape[1]):
        for j in range(out.shape[2]):
            patch = x[:, i : i + high, j : j + wide, :]
            out[:, i, j] = np.einsum("rhwc,hwcf->rf", patch, kernel) + bias
    return out


def simple_rnn(layer, x):
    """tanh; the last state, x [rows, steps, features]."""
    kernel, recurrent, bias = weights(layer)
    state = np.zeros((len(x), recurrent.shape[0]))
    for step in range(x.shape[1]):
        state = np.tanh(x[:, step] @ kernel + state @ recurrent + bias)
    return state


def lstm(layer, x):
    """All states [rows, steps, units]; gates in Keras' order: input, forget, cell, output."""
    kernel, recurrent, bias = weights(layer)
    units = recurrent.shape[0]
    state, cell, out = np.zeros((len(x), units)), np.zeros((len(x), units)), []
    for step in range(x.shape[1]):
        i, f, c, o = np.split(x[:, step] @ kernel + state @ recurrent + bias, 4, axis=1)
        cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(c)
        state = sigmoid(o) * np.tanh(cell)
        out.append(state)
    return np.stack(out, axis=1)


def differences(function, x, step=1e-5):
    """d function(x)[row] / d x[row, ...] by central differences; function gives shape [rows]."""
    x = np.asarray(x, np.float64)
    out = np.zeros_like(x)
    for place in np.ndindex(x.shape[1:]):
        up, down = x.copy(), x.copy()
        up[(slice(None), *place)] += step
        down[(slice(None), *place)] -= step
        out[(slice(None), *place)] = (function(up) - function(down)) / (2 * step)
    return out
