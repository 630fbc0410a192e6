"""Fitted transformers as they go before a network, and as they are written and read safely."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from dure.core.arrays import (
    Array,
    Tree,
    is_nested,
    leaves,
    map_leaves,
    outline,
    same_nesting,
)
from dure.core.conversion.columns import Names, find_orders, names_at, order_columns
from dure.core.conversion.samples import make_samples
from dure.core.formatting import join_first
from dure.data.preprocessing import apply_preparation
from dure.data.text.sequences import TextToSequences
from dure.errors import DureError, Faults

TEXT, TABLE = "text", "table"
"""Kinds of raw rows that are no numbers: one str each, or cells of numbers and texts."""

# Beside what skops trusts by itself: our own, and what scikit-learn's transformers hold, types that
# only keep numbers and functions that only compute. Whole names, never a module: skops walks
# attributes, and what a module imports would come with it.
_HARMLESS = frozenset(
    {
        "dure.data.tables.TableTransformer",
        "dure.data.text.sequences.TextToSequences",
        "dure.data.text.tokenizer.Tokenizer",
        "collections.Counter",
        "numpy.dtype",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        *(
            f"sklearn.feature_selection.{name}"
            for name in (
                "_univariate_selection.chi2",
                "_univariate_selection.f_classif",
                "_univariate_selection.f_regression",
                "_univariate_selection.r_regression",
                "_mutual_info.mutual_info_classif",
                "_mutual_info.mutual_info_regression",
            )
        ),
    }
)


@dataclass(frozen=True)
class PreparedInput:
    """One input: its fitted transformer, and what raw rows of it look like."""

    transformer: Any
    """None where rows go in as they are."""
    shape: tuple[int, ...]
    """Of one raw row."""
    dtype: str
    """Of raw rows; "text" for one str a row, "table" for columns of numbers and texts."""
    columns: tuple[str, ...] | None = None
    """The names of the columns of raw rows, where they are known."""

    @property
    def is_words(self) -> bool:
        """Whether raw text becomes integers here, so that integers can be taken as they are."""
        return type(self.transformer) is TextToSequences


class FittedPreparation:
    """What `Data.prepare` became when it was fitted on the training rows of a fold.

    Parameters
    ----------
    inputs
        A `PreparedInput`, or a list, tuple or dict of them, nested as the inputs are.
    """

    def __init__(self, inputs: Any) -> None:
        self.inputs = inputs

    @classmethod
    def of(cls, fitted: Any, x: Tree, names: Names = None) -> FittedPreparation:
        """From what `fit_preparation` returned, rows such as it was fitted on, and names.

        The names are those of the columns of `x` (`Data.feature_names`), by which columns of
        DataFrames are found.
        """
        return cls(_pair(fitted, x, names))

    def each(self) -> Iterator[tuple[str, PreparedInput]]:
        """Every input with its place, such as ``x['age']``."""
        yield from leaves(self.inputs, "x")

    @property
    def text(self) -> TextToSequences | None:
        """What makes integers of raw text where that is all there is; else None."""
        single = self.inputs
        if isinstance(single, PreparedInput) and single.is_words:
            return cast(TextToSequences, single.transformer)
        return None

    def apply(self, x: Any, name: str = "x") -> Tree:
        """Raw rows, given as to `dure.Data`, as the network takes them.

        Texts that are integers already are taken as they are.

        Raises
        ------
        StudyError
            If they are not such rows as those that the transformers were fitted on, or something
            is missing or infinite after the transformers.
        """
        if self.text is not None:
            return self.text.transform(x) if holds_text(x) else x
        faults = Faults()
        transformers = map_leaves(lambda one: one.transformer, self.inputs)
        # A list of rows is no list of inputs.
        given = np.asarray(x) if not is_nested(self.inputs) and _is_rows(x) else x
        names = map_leaves(lambda one: one.columns, self.inputs)
        orders = find_orders(given, names, name, "training", faults, prepare=transformers)
        rows = make_samples({name: given, "y": None, "w": None}, faults, prepare=transformers)
        if rows is not None and not faults:
            x = order_columns(rows.x, orders)
            rows = rows._replace(x=self._arrange(x, name, faults))
        faults.raise_if_any("these rows")
        assert rows is not None
        return apply_preparation(transformers, rows.x, name)

    def _arrange(self, x: Tree, name: str, faults: Faults) -> Tree:
        """Inputs in the nesting they had in training, checked against what they were there."""
        inputs = self.inputs
        if isinstance(inputs, Mapping) and isinstance(x, Mapping) and set(inputs) <= set(x):
            x = {key: x[key] for key in inputs}
        if not same_nesting(inputs, x):
            faults.append(
                f"{name} is nested as {outline(x)}, in training inputs were nested as "
                f"{outline(inputs)}; pass the same."
            )
            return x
        pairs = zip(self.each(), leaves(x, name), strict=True)
        for (_, expected), (path, array) in pairs:
            check_rows_alike(expected, array, path, faults)
        return x

    def get_config(self) -> dict[str, Any]:
        """JSON-able.

        Raises
        ------
        DureError
            If a transformer cannot be written, with the reason.
        """
        return {"inputs": map_leaves(_input_config, self.inputs)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FittedPreparation:
        """The preparation of a `config` from `get_config`.

        Raises
        ------
        DureError
            If it holds classes or functions that are neither scikit-learn's nor known to Keras.
        """
        return cls(_read(config["inputs"]))


def holds_text(x: Any) -> bool:
    """Whether inputs are texts (right or with faults), not numbers or Keras' own tensors."""
    if isinstance(x, (str, bytes)):
        return True
    if isinstance(x, (list, tuple)):
        return any(isinstance(part, str) or _is_words(part) for part in x)
    kinds = x.dtypes if hasattr(x, "dtypes") and hasattr(x, "columns") else [_dtype(x)]
    return any(getattr(kind, "kind", "") in ("O", "U", "S", "T") for kind in kinds)


def check_rows_alike(expected: PreparedInput, array: Array, path: str, faults: Faults) -> None:
    """Append where rows are not of the shape and kind that the transformer was fitted on."""
    kind = _kind(array) if array.dtype.kind == "O" else "numbers"
    wanted = expected.dtype if expected.dtype in (TEXT, TABLE) else "numbers"
    if kind != wanted:
        faults.append(f"{path} holds {kind}, in training it held {wanted}; pass raw rows of those.")
    elif array.shape[1:] != expected.shape:
        faults.append(
            f"{path} has rows of shape {array.shape[1:]}, in training they had {expected.shape}; "
            "pass raw rows, as they are before the preparation."
        )


def _dtype(x: Any) -> Any:
    return getattr(x, "dtype", None)


def _is_words(part: Any) -> bool:
    return isinstance(part, (list, tuple)) and any(isinstance(word, str) for word in part)


def _is_rows(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and not holds_text(x)


def _pair(fitted: Any, x: Tree, names: Names) -> Any:
    if isinstance(x, Mapping):
        return {key: _pair(fitted[key], item, names_at(names, key)) for key, item in x.items()}
    if isinstance(x, (list, tuple)):
        return [_pair(fitted[i], item, names_at(names, i)) for i, item in enumerate(x)]
    return PreparedInput(fitted, tuple(x.shape[1:]), _kind(x), names if x.ndim == 2 else None)


def _kind(array: Array) -> str:
    if array.dtype.kind != "O":
        return str(array.dtype)
    return TEXT if array.ndim == 1 else TABLE


def _input_config(one: PreparedInput) -> dict[str, Any]:
    kept = one.transformer
    told: dict[str, Any] = {"shape": list(one.shape), "dtype": one.dtype}
    if one.columns is not None:
        told["columns"] = list(one.columns)
    if kept is None:
        return {"kind": "none", **told}
    if one.is_words:  # a subclass may do more than its configuration says
        return {"kind": "text", **told, "config": kept.get_config()}
    import skops.io

    try:
        packed = skops.io.dumps(kept, compression=zipfile.ZIP_DEFLATED)
    except Exception as error:  # whatever a user's own class raises
        raise DureError(
            f"{type(kept).__name__} cannot be written ({type(error).__name__}: {error})"
        ) from error
    nameless = [one for one in skops.io.get_untrusted_types(data=packed) if "<" in one]
    if nameless:
        raise DureError(
            f"{type(kept).__name__} holds {join_first(nameless)}, which no file can name; define "
            "it with def or class in a module"
        )
    told["class"] = f"{type(kept).__module__}.{type(kept).__qualname__}"
    return {"kind": "skops", **told, "packed": base64.b64encode(packed).decode("ascii")}


def _read(config: Any) -> Any:
    if isinstance(config, (list, tuple)):
        return [_read(item) for item in config]
    kind = config.get("kind")
    if not isinstance(kind, str):
        return {key: _read(item) for key, item in config.items()}
    named = config.get("columns")
    raw = (
        tuple(int(size) for size in config["shape"]),
        str(config["dtype"]),
        None if named is None else tuple(map(str, named)),
    )
    if kind == "none":
        return PreparedInput(None, *raw)
    if kind == "text":
        words = TextToSequences.from_config(config["config"])
        if words.tokenizer is None:
            raise ValueError("it holds no words")
        return PreparedInput(words, *raw)
    packed = base64.b64decode(config["packed"])
    return PreparedInput(_unpack(packed, str(config["class"])), *raw)


def _unpack(packed: bytes, name: str) -> Any:
    import skops.io

    asked = skops.io.get_untrusted_types(data=packed)
    trusted = [one for one in asked if one in _HARMLESS or _is_registered(one)]
    foreign = sorted(set(asked) - set(trusted))
    if foreign:
        scope = ", ".join(
            f"{one.rpartition('.')[2]!r}: {one.rpartition('.')[2]}" for one in foreign
        )
        raise DureError(
            f"the preparation {name.rpartition('.')[2]} holds classes or functions that are not "
            f"scikit-learn's: {join_first(foreign)}. Nothing of them is run from a file unasked: "
            "have them in a module of their own, import them, and open the model inside of "
            f"`with keras.saving.custom_object_scope({{{scope}}}):`"
        )
    return skops.io.loads(packed, trusted=trusted)


def _is_registered(name: str) -> bool:
    """Whether Keras was told of a class or function, for good or in a scope."""
    from dure.core.backend import keras

    last = name.rpartition(".")[2]
    told = [*keras.saving.get_custom_objects().values(), keras.saving.get_registered_object(last)]
    return any(
        f"{held.__module__}.{held.__qualname__}" == name
        for held in told
        if hasattr(held, "__qualname__")
    )
