"""Networks that `dure look` has looked into, and what the section made of them is read with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import xarray as xr
from keras import layers
from PIL import Image

import dure
from dure.blocks.content import Prose, Section, Table, blocks_of
from dure.data import TextToSequences
from dure.measurements.catalog import part_of
from dure.measurements.stored import read
from dure.messages.message import Message
from dure.plots.charts.texts import write_rows
from helpers.prepared_models import put_text_before

SENTENCES = ["a wonderful film", "a terrible film", "truly wonderful acting", "terrible 연기"] * 6


def picture_network(filters: int = 6) -> keras.Model:
    """Kernels wider than high, so that nothing can be turned round unseen."""
    model = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(filters, (2, 3), activation="relu", name="conv2d"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10, "softmax", name="dense"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def look_at_pictures(folder: Path) -> dure.Result:
    """A run of three lanes with pictures, looked into."""
    digits = dure.data.digits()
    data = dure.Data(
        digits.x[:80],
        digits.y[:80],
        test=(digits.x[80:120], digits.y[80:120]),
        kind="image",
        class_names=list("0123456789"),
        source="digits, small",
    )
    study = dure.Study(picture_network, data, seeds=[4, 5, 6], epochs=2, name="tiny")
    result = study.run(folder / "run", progress=False)
    dure.look(result, data=data).save(result.folder / "lens", progress=False)
    return dure.load(result.folder)


def look_at_texts(folder: Path) -> Path:
    """A folder with what was seen in one network that reads texts."""
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            layers.Input((5,), dtype="int32"),
            layers.Embedding(50, 4),
            layers.SimpleRNN(3),
            layers.Dense(1, "sigmoid"),
        ]
    )
    network.compile("sgd", "binary_crossentropy")
    data = dure.Data(
        SENTENCES,
        np.array([1, 0, 1, 0] * 6),
        prepare=TextToSequences(50, 5),
        class_names=["bad", "good"],
        source="sentences",
    )
    text = TextToSequences(50, 5).fit(SENTENCES)
    folder = folder / "lens"
    what = ["predictions", "saliency", "memory", "neighbours", "embedding_map", "feature_maps"]
    dure.look(put_text_before(network, text), data=data).save(folder, what, progress=False)
    return folder


def look_at_features(folder: Path) -> Path:
    """A folder with what was seen in one network that reads named features."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([layers.Input((30,)), layers.Dense(1, "sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    folder = folder / "lens"
    data = dure.data.breast_cancer().take(slice(40))
    dure.look(model, data=data).save(folder, ["predictions", "saliency"], progress=False)
    return folder


def look_at_series(folder: Path) -> Path:
    """A folder with what was seen in one network that forecasts two values of a series."""
    keras.utils.set_random_seed(2)
    model = keras.Sequential([layers.Input((6, 2)), layers.LSTM(3), layers.Dense(2)])
    model.compile("sgd", "mean_squared_error")
    rng = np.random.default_rng(0)
    folder = folder / "lens"
    x, y = rng.normal(size=(20, 6, 2)), rng.normal(size=(20, 2))
    what = ["predictions", "saliency", "memory", "weights"]
    dure.look(model, x, y).save(folder, what, progress=False)
    return folder


# Reading a section.


def arrays(folder: Path, name: str) -> xr.Dataset:
    return xr.load_dataset(folder / f"{name}.nc", engine="scipy")


def of_kind(folder: Path, name: str, kind: type[Any]) -> list[Any]:
    """The blocks of a kind that are shown of one measurement."""
    part = part_of(read(folder / f"{name}.nc"), {})
    return [block for block in part.blocks if isinstance(block, kind)]


def all_of(found: Section, kind: type[Any]) -> list[Any]:
    return [block for block in blocks_of(found.blocks) if isinstance(block, kind)]


def warnings(found: Section) -> list[str]:
    return [block.text for block in all_of(found, Prose) if block.tone == "warning"]


def said(thing: Any) -> Iterator[Message]:
    """Every text in a block, however deep."""
    if isinstance(thing, Message):
        yield thing
    elif isinstance(thing, (tuple, list)):
        for each in thing:
            yield from said(each)
    elif is_dataclass(thing):
        for field in fields(thing):
            yield from said(getattr(thing, field.name))


def pixels(png: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def cells(table: Table) -> list[list[str]]:
    return [list(map(str, row)) for row in write_rows(table.rows, table.alike)]
