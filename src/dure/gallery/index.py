"""The rows of the gallery by id and name; nothing is imported until a row runs."""

from __future__ import annotations

from dataclasses import dataclass

from dure._errors import DureError, did_you_mean

_REVIEWS = "IMDB reviews"


@dataclass(frozen=True)
class Row:
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
    title: str
    needs: str = ""

    @property
    def module(self) -> str:
        """Where its `show(page)` stands."""
        return f"dure.gallery.{self.id.lower()}_{self.name.replace('-', '_')}"


ROWS = (
    Row("A1", "neuron", "linear regression with one neuron, one sample at a time"),
    Row("A2", "perceptron", "a step, targets -1 and 1, an update only on a mistake"),
    Row("A3", "adaline", "the linear activation learns, a threshold decides"),
    Row("A4", "logistic", "logistic regression with one neuron"),
    Row("A5", "three-descents", "stochastic, mini-batch and full-batch descent side by side"),
    Row("A6", "scaling", "the same fit with and without standardised inputs"),
    Row("A7", "under-overfitting", "loss against epochs and against model size"),
    Row("A8", "l1-l2", "weights against the strength of L1 and L2"),
    Row("A9", "k-fold", "ten folds, each validates once, scaling inside the fold"),
    Row("A10", "two-layers", "a hidden layer of ten, beside scikit-learn's MLPClassifier"),
    Row("A11", "convolution-by-hand", "every step of convolution, padding, stride and pooling"),
    Row("B1", "dense-reviews", "reviews as multi-hot words, Dense 16-16-1", _REVIEWS),
    Row("B2", "decode-review", "integers back to words", "texts of reviews"),
    Row("B3", "newswires", "newswires on 46 topics, Dense 64-64-46", "Reuters newswires"),
    Row("B4", "curves", "training as dots, validation as line, over seeds", _REVIEWS),
    Row("C1", "small-cnn", "a small convolutional network overfits; Dropout mends it", "clothing"),
    Row("C2", "digits-cnn", "convolutions on digits, best weights restored", "MNIST"),
    Row("C3", "predict-and-look", "classes of single pictures, picture beside", "MNIST"),
    Row("C4", "kernels", "weights of convolutions, trained beside untrained", "clothing"),
    Row("C5", "feature-maps", "what each layer makes of five pictures", "MNIST and clothing"),
    Row("C6", "sub-models", "a model from the input to any inner layer", "MNIST"),
    Row("C7", "models-from-files", "saved, loaded, inspected: .keras and .h5", "MNIST"),
    Row("D1", "lengths", "how long reviews are", _REVIEWS),
    Row("D2", "one-hot-rnn", "SimpleRNN(8) on one-hot words", _REVIEWS),
    Row("D3", "embedding-rnn", "SimpleRNN(8) on an Embedding(16)", _REVIEWS),
    Row("D4", "lstm", "LSTM(8) with dropout 0.3 on an Embedding", _REVIEWS),
    Row("D5", "two-lstm", "two LSTM layers", _REVIEWS),
    Row("D6", "two-gru", "two GRU layers", _REVIEWS),
    Row("D7", "memory", "how far back SimpleRNN, LSTM and GRU remember", _REVIEWS),
    Row("E1", "cures", "cures for overfitting, each against the same baseline", "clothing"),
    Row("E2", "vanishing-gradients", "gradients layer by layer under four activations"),
    Row("E3", "clipping", "a recurrent network with and without clipping by norm"),
    Row("E4", "initializers", "Glorot and He under three activations, theory beside"),
    Row("E5", "normalization", "batch and layer normalisation at many rates and batches"),
    Row("E6", "tokenizer", "words to integers and back, padding, cutting, saving"),
    Row("E7", "one-hot-or-embedding", "size, speed, accuracy; neighbours of a word", _REVIEWS),
    Row("E8", "losses", "the right loss for each output, a wrong pair reported"),
    Row("E9", "fit-arguments", "validation, batches, verbosity, callbacks"),
    Row("E10", "evaluate-predict-save", "evaluate, predict, summary, save, load"),
    Row("E11", "functional-models", "regression, branches, LSTM as functional models"),
    Row("E12", "time-series", "the next value of a series of one or several values a step"),
)


def find_row(name: str) -> Row:
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
