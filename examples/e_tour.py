"""A tour: a functional model, fit's arguments, evaluate, predict, save, load; a time series.

Only `fit` became `dure.fit`.

    python examples/e_tour.py
    python examples/e_tour.py --epochs 50
"""

import argparse

import dure
import keras
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--rows", type=int)
args = parser.parse_args()

# Two inputs: the upper and the lower half of a digit, a branch each, merged.
data = dure.data.digits()
x, y = data.x[: args.rows], data.y[: args.rows]
upper, lower = x[:, :4].reshape(-1, 32), x[:, 4:].reshape(-1, 32)
test = [data.test.x[:, :4].reshape(-1, 32), data.test.x[:, 4:].reshape(-1, 32)]

inputs = [keras.Input((32,)), keras.Input((32,))]
branches = [keras.layers.Dense(32, activation="relu")(one) for one in inputs]
merged = keras.layers.Dropout(0.2)(keras.layers.concatenate(branches))
model = keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(merged))
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
history = dure.fit(
    model,
    [upper, lower],
    y,
    batch_size=16,
    epochs=args.epochs,
    validation_split=0.2,
    callbacks=[keras.callbacks.ReduceLROnPlateau(patience=2)],
    verbose=2,
)
print("History has", ", ".join(history.history))
loss, accuracy = model.evaluate(test, data.test.y, verbose=0)
print(f"test loss {loss:.4f}, accuracy {accuracy:.4f}")

model.save("tour.keras")
loaded = keras.models.load_model("tour.keras")
same = np.array_equal(loaded.predict(test, verbose=0), model.predict(test, verbose=0))
print("loaded, it predicts the same:", same)

# A time series: 20 steps in, the next value out; time is never shuffled across the cut.
time = np.arange(1_000)
noise = np.random.default_rng(0).normal(0, 0.1, len(time))
windows = dure.data.windows(np.sin(time / 9) + noise, length=20, test=0.2)
lstm = keras.Sequential([keras.layers.Input((20, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])
lstm.compile(keras.optimizers.Adam(0.01), "mse")
dure.fit(lstm, windows.x, windows.y, epochs=args.epochs, verbose=0)
error = lstm.evaluate(windows.test.x, windows.test.y, verbose=0)
naive = np.mean((windows.test.x[:, -1, 0] - windows.test.y) ** 2)
print(f"time series: error {error:.4f}; the last value again: {naive:.4f}; noise alone: 0.0100")
