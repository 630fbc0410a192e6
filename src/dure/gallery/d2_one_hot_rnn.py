"""D2. A SimpleRNN of eight units reads reviews as one-hot words.

The notes turn 100 words of each review into 300 zeros and ones (``to_categorical``), 2.4 GB for
20,000 reviews. `dure.layers.OneHot` stands for the same numbers and never makes them.
"""

from __future__ import annotations

from dure._backend import require_jax_backend

require_jax_backend()

import keras  # noqa: E402
from keras import layers  # noqa: E402

import dure  # noqa: E402
from dure.gallery.page import Page  # noqa: E402

PARAMETERS = 2_481


def build(vocabulary: int = 300) -> keras.Model:
    """OneHot, SimpleRNN(8), one sigmoid."""
    model = keras.Sequential(
        [
            layers.Input((100,), dtype="int32"),
            dure.layers.OneHot(vocabulary),
            layers.SimpleRNN(8),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.RMSprop(1e-4), "binary_crossentropy", metrics=["accuracy"])
    return model


def study(quick: bool = False) -> dure.Study:
    """Vocabularies of 300 and 500 words, as the notes train them."""
    return dure.Study(
        build,
        dure.data.imdb(num_words=300, maxlen=100),
        seeds=2 if quick else 5,
        validation_split=0.2,
        epochs=10 if quick else 100,
        batch_size=64,
        callbacks=[keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)],
        name="one-hot-rnn",
    )


def show(page: Page) -> None:
    """Train, and put the notes' figures beside."""
    result = page.run(study(page.quick))
    parameters = result.best().model().count_params()
    page.fact("parameters", parameters)
    page.say(f"{parameters:,} parameters, as in the note ({PARAMETERS:,}).")
    page.compare("validation accuracy", 0.747, result, "val_accuracy")
    page.compare("validation loss", 0.5195, result, "val_loss")
