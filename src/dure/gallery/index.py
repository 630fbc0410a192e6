"""The rows of the gallery by id and name; nothing is imported until a row runs."""

from __future__ import annotations

from dataclasses import dataclass

from dure.errors import DureError, did_you_mean
from dure.messages.message import Message, say

_REVIEWS = "IMDB reviews"
_FOLDERS = {"A": "neurons", "B": "dense_text", "C": "convolution", "D": "recurrent"}


@dataclass(frozen=True)
class GalleryRow:
    """One row of the gallery.

    Attributes
    ----------
    id, name
        Such as "D2" and "one-hot-rnn"; either finds it.
    title
        One line: what it does.
    needs
        The data it needs beside what scikit-learn carries; "" for nothing.
    """

    id: str
    name: str
    title: Message
    needs: str = ""

    @property
    def module(self) -> str:
        """Where its `show(page)` stands."""
        return f"dure.gallery.{self._folder}.{self.id.lower()}_{self.name.replace('-', '_')}"

    @property
    def _folder(self) -> str:
        if self.id[0] != "E":
            return _FOLDERS[self.id[0]]
        return "training" if int(self.id[1:]) <= 5 else "keras_tour"


ROWS = (
    GalleryRow("A1", "neuron", say("linear regression with one neuron, one sample at a time")),
    GalleryRow("A2", "perceptron", say("a step, targets -1 and 1, an update only on a mistake")),
    GalleryRow("A3", "adaline", say("the linear activation learns, a threshold decides")),
    GalleryRow("A4", "logistic", say("logistic regression with one neuron")),
    GalleryRow(
        "A5", "three-descents", say("stochastic, mini-batch and full-batch descent side by side")
    ),
    GalleryRow("A6", "scaling", say("the same fit with and without standardised inputs")),
    GalleryRow("A7", "under-overfitting", say("loss against epochs and against model size")),
    GalleryRow("A8", "l1-l2", say("weights against the strength of L1 and L2")),
    GalleryRow("A9", "k-fold", say("ten folds, each validates once, scaling inside the fold")),
    GalleryRow(
        "A10", "two-layers", say("a hidden layer of ten, beside scikit-learn's MLPClassifier")
    ),
    GalleryRow(
        "A11", "convolution-by-hand", say("every step of convolution, padding, stride and pooling")
    ),
    GalleryRow("B1", "dense-reviews", say("reviews as multi-hot words, Dense 16-16-1"), _REVIEWS),
    GalleryRow("B2", "decode-review", say("integers back to words"), "texts of reviews"),
    GalleryRow(
        "B3", "newswires", say("newswires on 46 topics, Dense 64-64-46"), "Reuters newswires"
    ),
    GalleryRow("B4", "curves", say("training as dots, validation as line, over seeds"), _REVIEWS),
    GalleryRow(
        "C1",
        "small-cnn",
        say("a small convolutional network overfits; Dropout mends it"),
        "clothing",
    ),
    GalleryRow("C2", "digits-cnn", say("convolutions on digits, best weights restored"), "MNIST"),
    GalleryRow(
        "C3", "predict-and-look", say("classes of single pictures, picture beside"), "MNIST"
    ),
    GalleryRow(
        "C4", "kernels", say("weights of convolutions, trained beside untrained"), "clothing"
    ),
    GalleryRow(
        "C5", "feature-maps", say("what each layer makes of five pictures"), "MNIST and clothing"
    ),
    GalleryRow("C6", "sub-models", say("a model from the input to any inner layer"), "MNIST"),
    GalleryRow("C7", "models-from-files", say("saved, loaded, inspected: .keras and .h5"), "MNIST"),
    GalleryRow("D1", "lengths", say("how long reviews are"), _REVIEWS),
    GalleryRow("D2", "one-hot-rnn", say("SimpleRNN(8) on one-hot words"), _REVIEWS),
    GalleryRow("D3", "embedding-rnn", say("SimpleRNN(8) on an Embedding(16)"), _REVIEWS),
    GalleryRow("D4", "lstm", say("LSTM(8) with dropout 0.3 on an Embedding"), _REVIEWS),
    GalleryRow("D5", "two-lstm", say("two LSTM layers"), _REVIEWS),
    GalleryRow("D6", "two-gru", say("two GRU layers"), _REVIEWS),
    GalleryRow("D7", "memory", say("how far back SimpleRNN, LSTM and GRU remember"), _REVIEWS),
    GalleryRow(
        "E1", "cures", say("cures for overfitting, each against the same baseline"), "clothing"
    ),
    GalleryRow("E2", "vanishing-gradients", say("gradients layer by layer under four activations")),
    GalleryRow("E3", "clipping", say("a recurrent network with and without clipping by norm")),
    GalleryRow("E4", "initializers", say("Glorot and He under three activations, theory beside")),
    GalleryRow(
        "E5", "normalization", say("batch and layer normalisation at many rates and batches")
    ),
    GalleryRow("E6", "tokenizer", say("words to integers and back, padding, cutting, saving")),
    GalleryRow(
        "E7", "one-hot-or-embedding", say("size, speed, accuracy; neighbours of a word"), _REVIEWS
    ),
    GalleryRow("E8", "losses", say("the right loss for each output, a wrong pair reported")),
    GalleryRow("E9", "fit-arguments", say("validation, batches, verbosity, callbacks")),
    GalleryRow("E10", "evaluate-predict-save", say("evaluate, predict, summary, save, load")),
    GalleryRow("E11", "functional-models", say("regression, branches, LSTM as functional models")),
    GalleryRow(
        "E12", "time-series", say("the next value of a series of one or several values a step")
    ),
)


def find_row(name: str) -> GalleryRow:
    """The row with this id or name, in any case.

    Raises
    ------
    DureError
        If there is none.
    """
    for row in ROWS:
        if name.lower() in (row.id.lower(), row.name):
            return row
    known = [word for row in ROWS for word in (row.id, row.name)]
    hint = did_you_mean(name, known) or did_you_mean(name.upper(), known)
    raise DureError(f"there is no gallery row {name!r}; `dure gallery` lists them.{hint}")
