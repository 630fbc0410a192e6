"""Handwritten digits and a convolutional network. Only `fit` became `dure.fit`.

Run it:

    python examples/c_pictures.py
    python examples/c_pictures.py --epochs 20 --rows 60000
    DURE_DATA=folder python examples/c_pictures.py      # excerpts instead of a download
"""

import argparse

import dure
import keras
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=4)
parser.add_argument("--rows", type=int, default=2_500)
args = parser.parse_args()

data = dure.data.mnist()
x, y = data.x[: args.rows], data.y[: args.rows]
x_test, y_test = data.test.x[:1_000], data.test.y[:1_000]

model = keras.Sequential(
    [
        keras.layers.Input((28, 28, 1)),
        keras.layers.Conv2D(64, 3, activation="relu", padding="same"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Conv2D(128, 3, activation="relu", padding="same"),
        keras.layers.MaxPooling2D(2),
        keras.layers.Flatten(),
        keras.layers.Dense(100, activation="relu"),
        keras.layers.Dropout(0.3),
        keras.layers.Dense(10, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.summary()
history = dure.fit(
    model,
    x,
    y,
    epochs=args.epochs,
    validation_split=0.2,
    callbacks=[
        keras.callbacks.ModelCheckpoint("best-digits.keras", save_best_only=True),
        keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
    ],
    verbose=2,
)
loss, accuracy = model.evaluate(x_test, y_test, verbose=0)
print(f"best validation accuracy {max(history.history['val_accuracy']):.4f}")
print(f"test loss {loss:.4f}, accuracy {accuracy:.4f}")

best = keras.models.load_model("best-digits.keras")
print("first five test digits:", np.argmax(best.predict(x_test[:5], verbose=0), axis=-1))
kernels = best.layers[0].get_weights()[0]
print(f"first kernels {kernels.shape}: mean {kernels.mean():.3f}, deviation {kernels.std():.3f}")
