"""Reviews word by word: a small recurrent network. Only `fit` became `dure.fit`.

Run it:

    python examples/d_reviews.py
    python examples/d_reviews.py --epochs 100
    DURE_DATA=folder python examples/d_reviews.py      # excerpts instead of a download
"""

import argparse

import dure
import keras

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=10)
parser.add_argument("--rows", type=int, default=5_000)
args = parser.parse_args()

data = dure.data.imdb(num_words=300, maxlen=100)  # padded and cut at the front
x, y = data.x[: args.rows], data.y[: args.rows]

one_hot = keras.Sequential(
    [
        keras.layers.Input((100,), dtype="int32"),
        dure.layers.OneHot(300),  # in place of to_categorical and its 2.4 GB
        keras.layers.SimpleRNN(8),
        keras.layers.Dense(1, "sigmoid"),
    ]
)
embedding = keras.Sequential(
    [
        keras.layers.Input((100,), dtype="int32"),
        keras.layers.Embedding(300, 16),
        keras.layers.SimpleRNN(8),
        keras.layers.Dense(1, "sigmoid"),
    ]
)
for name, model in (("one-hot", one_hot), ("embedding", embedding)):
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    history = dure.fit(
        model,
        x,
        y,
        epochs=args.epochs,
        batch_size=64,
        validation_split=0.2,
        callbacks=[
            keras.callbacks.ModelCheckpoint(f"best-{name}.keras", save_best_only=True),
            keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
        ],
        verbose=2,
    )
    best = min(history.history["val_loss"])
    print(f"{name}: {model.count_params():,} parameters")
    print(f"{name}: best validation loss {best:.4f} in {len(history.epoch)} epochs")
