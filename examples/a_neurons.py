"""Single neurons: one that draws a line, one that decides. Only `fit` became `dure.fit`.

Run it:

    python examples/a_neurons.py
    python examples/a_neurons.py --epochs 20
"""

import argparse

import dure
import keras
import numpy as np
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=100)
parser.add_argument("--rows", type=int)
args = parser.parse_args()

# A line through the diabetes data: body mass index against progress, one sample at a time.
data = dure.data.diabetes()
x, y = data.x[: args.rows, 2:3], data.y[: args.rows]
neuron = keras.Sequential(
    [
        keras.layers.Input((1,)),
        keras.layers.Dense(1, "linear", kernel_initializer="ones", bias_initializer="ones"),
    ]
)
neuron.compile(keras.optimizers.SGD(0.05), "mse")
history = dure.fit(neuron, x, y, batch_size=1, epochs=args.epochs, verbose=0)
w, b = neuron.get_weights()
print(f"w = {w[0, 0]:.1f}, b = {b[0]:.1f}")
print(f"squared error: {history.history['loss'][0]:.0f} -> {history.history['loss'][-1]:.0f}")

# Malignant or benign: a neuron with a sigmoid, standardised on the rows it learns from.
data = dure.data.breast_cancer()
scaler = StandardScaler().fit(data.x[: args.rows])
x, y = scaler.transform(data.x[: args.rows]), data.y[: args.rows]
x_test, y_test = scaler.transform(data.test.x), data.test.y
logistic = keras.Sequential([keras.layers.Input((30,)), keras.layers.Dense(1, "sigmoid")])
logistic.compile(keras.optimizers.SGD(0.05), "binary_crossentropy", metrics=["accuracy"])
dure.fit(logistic, x, y, batch_size=1, epochs=args.epochs, verbose=0)
loss, accuracy = logistic.evaluate(x_test, y_test, verbose=0)
print(f"test accuracy: {accuracy:.4f}")
print("first five:", np.round(logistic.predict(x_test[:5], verbose=0)[:, 0], 3))
