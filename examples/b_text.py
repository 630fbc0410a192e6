"""Reviews as many zeros and ones, and a dense network on them. Only `fit` became `dure.fit`.

Run it:

    python examples/b_text.py
    python examples/b_text.py --epochs 5 --rows 2000
    DURE_DATA=folder python examples/b_text.py      # excerpts instead of a download
"""

import argparse

import dure
import keras
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--rows", type=int)
args = parser.parse_args()

data = dure.data.imdb(num_words=10_000)  # integers; the most frequent 10,000 words
x, y = data.x[: args.rows], data.y[: args.rows]
x_test, y_test = data.test.x[: args.rows], data.test.y[: args.rows]


def build():
    model = keras.Sequential(
        [
            keras.layers.Input(x.shape[1:], dtype="int32"),
            dure.layers.MultiHot(10_000),  # never a table of zeros and ones
            keras.layers.Dense(16, "relu"),
            keras.layers.Dense(16, "relu"),
            keras.layers.Dense(1, "sigmoid"),
        ]
    )
    model.compile("rmsprop", "binary_crossentropy", metrics=["accuracy"])
    return model


held = len(x) * 2 // 5  # 10,000 of 25,000
model = build()
model.summary()
history = dure.fit(
    model,
    x[held:],
    y[held:],
    epochs=args.epochs,
    batch_size=512,
    validation_data=(x[:held], y[:held]),
    verbose=2,
)
turns = int(np.argmin(history.history["val_loss"])) + 1
print(f"validation loss is least after epoch {turns}; once more on all rows, as long as that")

model = build()
dure.fit(model, x, y, epochs=turns, batch_size=512, verbose=0)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"test loss {loss:.4f}, accuracy {accuracy:.4f}")
print("first five are good with", np.round(model.predict(x_test[:5], verbose=0)[:, 0], 2))
