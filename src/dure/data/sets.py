"""Real data sets, ready for a study; three of them need no network."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dure._backend import require_jax_backend
from dure._data import Data
from dure._errors import DureError

VARIABLE = "DURE_DATA"
"""Environment variable naming a folder of excerpts, used instead of downloads."""

_TEST_FRACTION = 0.2
_SEED = 0
_PATIENCE_S = 60.0


def digits() -> Data:
    """Handwritten digits of 8 x 8 pixels, in ten classes; inside scikit-learn.

    Returns
    -------
    1,437 rows and 360 test rows: `x` float32 [rows, 8, 8, 1] from 0 to 1, `y` int64 labels. The
    test part is the same on every call, with every class in proportion.
    """
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return _split(
        (loaded.images[..., np.newaxis] / 16.0).astype(np.float32),
        loaded.target.astype(np.int64),
        class_names=[str(name) for name in loaded.target_names],
        source="Optical recognition of handwritten digits (Alpaydin, Kaynak), in scikit-learn",
    )


def breast_cancer() -> Data:
    """Thirty measurements of cell nuclei, malignant (0) or benign (1); inside scikit-learn.

    Returns
    -------
    455 rows and 114 test rows: `x` float32 [rows, 30] as measured, not scaled (see
    `Data.prepare`), `y` int64 labels. The test part is the same on every call, with both classes
    in proportion.
    """
    from sklearn.datasets import load_breast_cancer

    loaded = load_breast_cancer()
    return _split(
        loaded.data.astype(np.float32),
        loaded.target.astype(np.int64),
        class_names=[str(name) for name in loaded.target_names],
        source="Breast cancer Wisconsin, diagnostic (Wolberg, Street, Mangasarian), "
        "in scikit-learn",
    )


def diabetes() -> Data:
    """Progress of diabetes a year later from ten measurements; inside scikit-learn.

    Returns
    -------
    353 rows and 89 test rows: `x` float32 [rows, 10], centred and scaled by scikit-learn, `y`
    float32 [rows] from 25 to 346. The test part is the same on every call.
    """
    from sklearn.datasets import load_diabetes

    loaded = load_diabetes()
    return _split(
        loaded.data.astype(np.float32),
        loaded.target.astype(np.float32),
        class_names=None,
        source="Diabetes (Efron, Hastie, Johnstone, Tibshirani), in scikit-learn",
    )


def mnist() -> Data:
    """Handwritten digits of 28 x 28 pixels, in ten classes.

    Downloaded once into Keras' own cache; where ``DURE_DATA`` names a folder, the excerpt
    ``mnist-15k.npz`` in it is read instead, without a network.

    Returns
    -------
    60,000 rows and 10,000 test rows (excerpt: 10,000 and 5,000): `x` float32 [rows, 28, 28, 1]
    from 0 to 1, `y` int64 labels.

    Raises
    ------
    DureError
        If there is neither a network nor an excerpt.
    """
    source = "MNIST (LeCun, Cortes, Burges)"
    folder = os.environ.get(VARIABLE)
    if folder:
        excerpt = _excerpt(folder, "mnist-15k.npz")
        train = excerpt["x_train"], excerpt["y_train"]
        test = excerpt["x_test"], excerpt["y_test"]
        source += f", excerpt: {len(train[1]):,} training and {len(test[1]):,} test digits"
    else:
        train, test = _download_mnist()
    (x, y), (xt, yt) = train, test
    return Data(
        _pixels(x),
        y.astype(np.int64),
        test=(_pixels(xt), yt.astype(np.int64)),
        class_names=[str(digit) for digit in range(10)],
        source=source,
        excerpt=bool(folder),
    )


def _pixels(pictures: Any) -> Any:
    return (pictures[..., np.newaxis] / np.float32(255)).astype(np.float32, copy=False)


def _excerpt(folder: str, name: str) -> dict[str, Any]:
    path = Path(folder).expanduser() / name
    if not path.is_file():
        raise DureError(
            f"{VARIABLE} names the folder {folder!r}, which holds no {name}. Put the file there, "
            f"or unset {VARIABLE} to download the full set."
        )
    with np.load(path, allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def _download_mnist() -> Any:
    require_jax_backend()
    import keras

    # Keras sets no limit: without one, a network that swallows packets would hang for minutes.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_PATIENCE_S)
    try:
        return keras.datasets.mnist.load_data()
    except Exception as error:  # Keras raises bare Exception where the address does not answer
        raise DureError(
            f"MNIST could not be downloaded ({error}). Connect to the network, or set {VARIABLE} "
            "to a folder that holds the excerpt mnist-15k.npz."
        ) from error
    finally:
        socket.setdefaulttimeout(before)


def _split(x: Any, y: Any, *, class_names: Sequence[str] | None, source: str) -> Data:
    """A fixed fifth of the rows as test part."""
    from sklearn.model_selection import train_test_split

    x, xt, y, yt = train_test_split(
        x,
        y,
        test_size=_TEST_FRACTION,
        random_state=_SEED,
        stratify=None if class_names is None else y,
    )
    return Data(x, y, test=(xt, yt), class_names=class_names, source=source)
