"""Networks with a fitted transformer of text before them."""

from __future__ import annotations

import keras
import numpy as np

from dure.data import TextToSequences
from dure.keras_bridge.preparation.fitted import FittedPreparation
from dure.keras_bridge.preparation.prepared_model import PreparedModel


def put_text_before(network: keras.Model, text: TextToSequences) -> PreparedModel:
    """The network over raw text."""
    return PreparedModel(network, FittedPreparation.of(text, np.array(["a text"], dtype=object)))
