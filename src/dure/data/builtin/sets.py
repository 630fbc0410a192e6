"""Real pictures and tables, ready for a study; three of them need no network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dure.data.builtin.download import from_keras
from dure.data.builtin.excerpts import excerpt_file, read_arrays, reading
from dure.data.dataset import Data

_TEST_FRACTION = 0.2
_SEED = 0
_CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_CLOTHES_FILES = (
    "train-labels-idx1-ubyte.gz",
    "train-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
)


def digits() -> Data:
    """Handwritten digits of 8 x 8 pixels, in ten classes; inside scikit-learn.

    Returns
    -------
    1,437 rows and 360 test rows: `x` float32 [rows, 8, 8, 1] from 0 to 1, `y` int64 labels. The
    test part is the same on every call, with every class in proportion.

    Examples
    --------
    >>> data = dure.data.digits()
    >>> data.x.shape, data.kind
    ((1437, 8, 8, 1), 'image')
    """
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return _split(
        (loaded.images[..., np.newaxis] / 16.0).astype(np.float32),
        loaded.target.astype(np.int64),
        kind="image",
        class_names=[str(name) for name in loaded.target_names],
        source="Optical recognition of handwritten digits (Alpaydin, Kaynak), in scikit-learn",
    )


def breast_cancer() -> Data:
    """Thirty measurements of cell nuclei, malignant (0) or benign (1); inside scikit-learn.

    Returns
    -------
    455 rows and 114 test rows: `x` float32 [rows, 30] as measured, not scaled (see
    `Data.prepare`; lengths in pixels), `y` int64 labels, with `feature_names`. The test part is
    the same on every call, with both classes in proportion.

    Examples
    --------
    >>> data = dure.data.breast_cancer()
    >>> data.x.shape, data.class_names
    ((455, 30), ('malignant', 'benign'))
    """
    from sklearn.datasets import load_breast_cancer

    loaded = load_breast_cancer()
    return _split(
        loaded.data.astype(np.float32),
        loaded.target.astype(np.int64),
        kind="tabular",
        class_names=[str(name) for name in loaded.target_names],
        feature_names=[str(name) for name in loaded.feature_names],
        source="Breast cancer Wisconsin, diagnostic (Wolberg, Street, Mangasarian), "
        "in scikit-learn",
    )


def diabetes() -> Data:
    """Progress of diabetes a year later from ten measurements; inside scikit-learn.

    Returns
    -------
    353 rows and 89 test rows: `x` float32 [rows, 10], centred and scaled by scikit-learn, `y`
    float32 [rows] from 25 to 346, with `feature_names`. The test part is the same on every call.

    Examples
    --------
    >>> data = dure.data.diabetes()
    >>> data.x.shape, data.task
    ((353, 10), 'regression')
    """
    from sklearn.datasets import load_diabetes

    loaded = load_diabetes()
    return _split(
        loaded.data.astype(np.float32),
        loaded.target.astype(np.float32),
        kind="tabular",
        feature_names=[str(name) for name in loaded.feature_names],
        source="Diabetes (Efron, Hastie, Johnstone, Tibshirani), in scikit-learn",
    )


def mnist() -> Data:
    """Handwritten digits of 28 x 28 pixels, in ten classes.

    Downloaded once into Keras' own cache (`KERAS_HOME`); where ``DURE_DATA`` names a folder, the
    excerpt ``mnist-15k.npz`` in it is read instead, without a network.

    Returns
    -------
    60,000 rows and 10,000 test rows (excerpt: 10,000 and 5,000): `x` float32 [rows, 28, 28, 1]
    from 0 to 1, `y` int64 labels.

    Raises
    ------
    DureError
        If there is neither a network nor an excerpt, or what came is broken.

    Examples
    --------
    >>> data = dure.data.mnist()
    >>> data.x.shape[1:], data.class_names[:3]
    ((28, 28, 1), ('0', '1', '2'))
    """
    title, source, name = "MNIST", "MNIST (LeCun, Cortes, Burges)", "mnist-15k.npz"
    path = excerpt_file(name)
    if path is None:
        train, test = from_keras(title, lambda sets: sets.mnist.load_data(), ["mnist.npz"], name)
        return _pictures(*train, *test, class_names=list("0123456789"), source=source)
    with reading(path):
        arrays = read_arrays(path, ["x_train", "y_train", "x_test", "y_test"])
        counts = f"{len(arrays[1]):,} training and {len(arrays[3]):,} test digits"
        return _pictures(
            *arrays,
            class_names=list("0123456789"),
            source=f"{source}, excerpt: {counts}",
            excerpt=True,
        )


def fashion_mnist() -> Data:
    """Pieces of clothing in 28 x 28 pixels, in ten classes (Xiao, Rasul, Vollgraf 2017).

    Downloaded once into Keras' own cache (`KERAS_HOME`); where ``DURE_DATA`` names a folder, the
    excerpt ``fashion-900.npz`` in it is read instead, without a network.

    Returns
    -------
    60,000 rows and 10,000 test rows: `x` float32 [rows, 28, 28, 1] from 0 to 1, `y` int64
    labels. The excerpt has 720 rows and 180 test rows; its test part is the same on every call,
    with every class in proportion.

    Raises
    ------
    DureError
        If there is neither a network nor an excerpt, or what came is broken.

    Examples
    --------
    >>> data = dure.data.fashion_mnist()
    >>> data.x.shape[1:], data.class_names[:2]
    ((28, 28, 1), ('T-shirt/top', 'Trouser'))
    """
    title, source, name = "Fashion-MNIST", "Fashion-MNIST (Zalando Research)", "fashion-900.npz"
    path = excerpt_file(name)
    if path is None:
        files = [f"fashion-mnist/{file}" for file in _CLOTHES_FILES]
        train, test = from_keras(title, lambda sets: sets.fashion_mnist.load_data(), files, name)
        return _pictures(*train, *test, class_names=_CLOTHES, source=source)
    with reading(path):
        x, y = read_arrays(path, ["x", "y"])
        return _split(
            _pixels(x),
            y.astype(np.int64),
            kind="image",
            class_names=_CLOTHES,
            source=f"{source}, excerpt: {len(y):,} pictures",
            excerpt=True,
        )


def _pictures(x: Any, y: Any, test_x: Any, test_y: Any, **described: Any) -> Data:
    return Data(
        _pixels(x),
        y.astype(np.int64),
        test=(_pixels(test_x), test_y.astype(np.int64)),
        kind="image",
        task="classification",
        **described,
    )


def _pixels(pictures: Any) -> npt.NDArray[np.float32]:
    scaled: npt.NDArray[np.float32] = (pictures[..., np.newaxis] / np.float32(255)).astype(
        np.float32, copy=False
    )
    return scaled


def _split(x: Any, y: Any, **described: Any) -> Data:
    """A fixed fifth of the rows as test part; where there are classes, each in proportion."""
    from sklearn.model_selection import train_test_split

    x, test_x, y, test_y = train_test_split(
        x,
        y,
        test_size=_TEST_FRACTION,
        random_state=_SEED,
        stratify=y if "class_names" in described else None,
    )
    return Data(x, y, test=(test_x, test_y), **described)
