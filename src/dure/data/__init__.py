"""Data sets and splits; `Data` itself is `dure.Data`."""

from typing import TYPE_CHECKING, Any

from dure.data.own.pictures import from_folder
from dure.data.own.tables import from_csv
from dure.data.own.texts import from_texts
from dure.data.sequences import TextToSequences
from dure.data.series import windows
from dure.data.sets import breast_cancer, diabetes, digits, fashion_mnist, mnist
from dure.data.tasks import adding_problem, recall
from dure.data.text_sets import imdb, reuters
from dure.data.tokenizer import Tokenizer

if TYPE_CHECKING:
    from keras.utils import pad_sequences

__all__ = [
    "TextToSequences",
    "Tokenizer",
    "adding_problem",
    "breast_cancer",
    "diabetes",
    "digits",
    "fashion_mnist",
    "from_csv",
    "from_folder",
    "from_texts",
    "imdb",
    "mnist",
    "pad_sequences",
    "recall",
    "reuters",
    "windows",
]


def __getattr__(name: str) -> Any:
    # Keras' own; loaded when asked for, since making a study loads no Keras.
    if name == "pad_sequences":
        from dure._backend import keras

        return keras.utils.pad_sequences
    raise AttributeError(f"module 'dure.data' has no attribute {name!r}")
