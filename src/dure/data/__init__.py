"""Data sets and splits; `Data` itself is `dure.Data`."""

from typing import TYPE_CHECKING, Any

from dure.data.builtin.sets import breast_cancer, diabetes, digits, fashion_mnist, mnist
from dure.data.builtin.text_sets import imdb, reuters
from dure.data.readers.csv import from_csv
from dure.data.readers.images import from_folder
from dure.data.readers.tables.table_format import TableFormat
from dure.data.readers.texts import from_texts
from dure.data.synthetic import adding_problem, recall
from dure.data.text.sequences import TextToSequences
from dure.data.text.tokenizer import Tokenizer
from dure.data.windows import windows

if TYPE_CHECKING:
    from keras.utils import pad_sequences

__all__ = [
    "TableFormat",
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
        from dure.core.backend import keras

        return keras.utils.pad_sequences
    raise AttributeError(f"module 'dure.data' has no attribute {name!r}")
