"""The vectors that an Embedding has learned for words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from dure.core.arrays import Array
from dure.core.backend import keras
from dure.errors import DureError, did_you_mean
from dure.inspection.network.axes import attributes
from dure.inspection.network.network import LayerLike, Network

_MARKS = ("<pad>", "<start>", "<unknown>")
_COMMONEST = 200


def neighbours(
    network: Network,
    words: Sequence[str],
    count: int = 10,
    layer: LayerLike | None = None,
    *,
    word_index: Mapping[str, int] | None,
) -> xr.Dataset:
    """The words whose vectors lie nearest by cosine.

    Parameters
    ----------
    words
        One or more words of `word_index`.
    count
        Neighbours of each, at most as many as there are other words.
    layer
        An Embedding; None: the first.
    word_index
        The integer of each word as it stands in the model's inputs.

    Returns
    -------
    Dims (word, rank), rank from 1: `neighbour` (str), `similarity` (cosine, 1 the same direction;
    0 for a vector of length 0). Marks such as "<pad>" and the word itself are no neighbours.

    Raises
    ------
    DureError
        For words that are unknown or beyond the layer's vocabulary (all at once, with what may
        be meant), a model without Embedding, or no `word_index`.
    """
    words = [words] if isinstance(words, str) else list(words)
    name, known, vectors = _vocabulary(network, layer, word_index)
    _check(words, known, word_index or {}, name)
    if count < 1:
        raise DureError(f"count is {count}; pass a whole number from 1 on.")
    others = np.array([word for word in known if word not in _MARKS])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    cosines = units[[known[word] for word in words]] @ units[[known[w] for w in others]].T
    cosines[np.asarray(words)[:, None] == others[None, :]] = -np.inf
    count = min(count, len(others) - 1)
    nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :count]
    return xr.Dataset(
        {
            "neighbour": (("word", "rank"), others[nearest]),
            "similarity": (("word", "rank"), np.take_along_axis(cosines, nearest, axis=1)),
        },
        coords={"word": words, "rank": np.arange(1, count + 1)},
        attrs=attributes(network, "neighbours", name),
    )


def embedding_map(
    network: Network,
    words: Sequence[str] | None = None,
    layer: LayerLike | None = None,
    *,
    word_index: Mapping[str, int] | None,
) -> xr.DataArray:
    """Word vectors on the plane along which they differ most (principal components).

    Parameters
    ----------
    words
        At least three words of `word_index`; None: the 200 commonest, which are those with the
        smallest integers.
    layer, word_index
        As in `neighbours`.

    Returns
    -------
    Dims (word, axis), two axes; attribute `explained`: share of the variance on each.

    Raises
    ------
    DureError
        As `neighbours`, and for fewer than three words.
    """
    from sklearn.decomposition import PCA

    name, known, vectors = _vocabulary(network, layer, word_index)
    if words is None:
        common = sorted((word for word in known if word not in _MARKS), key=known.__getitem__)
        words = common[:_COMMONEST]
    words = list(words)
    _check(words, known, word_index or {}, name)
    if len(words) < 3 or vectors.shape[1] < 2:
        raise DureError(
            f"{len(words)} words with vectors of {vectors.shape[1]} numbers came; a map needs at "
            "least 3 words and vectors of at least 2."
        )
    found = PCA(n_components=2, svd_solver="full")
    places = found.fit_transform(vectors[[known[word] for word in words]])
    explained = [float(np.nan_to_num(share)) for share in found.explained_variance_ratio_]
    return xr.DataArray(
        places,
        dims=("word", "axis"),
        coords={"word": words},
        attrs=attributes(network, "embedding_map", name, explained=explained),
        name="embedding_map",
    )


def _vocabulary(
    network: Network, layer: LayerLike | None, word_index: Mapping[str, int] | None
) -> tuple[str, dict[str, int], Array]:
    """The Embedding's name, its words with their integers, and its vectors [integer, feature]."""
    having = [
        name for name, one in network.layers.items() if isinstance(one, keras.layers.Embedding)
    ]
    name = network.find(layer) if layer is not None else next(iter(having), None)
    if name not in having:
        told = f"{name!r} is no Embedding" if name else "there is no Embedding"
        raise DureError(
            f"{told} in {network.model.name!r}, and words have vectors only there; Embeddings: "
            f"{', '.join(having) or 'none'}."
        )
    if not word_index:
        raise DureError(
            "there is no word_index, so integers have no words; pass word_index=..., or data "
            "that have one (dure.data.imdb(), raw text)."
        )
    if not network.layers[name].built:
        raise DureError(f"{name!r} has no vectors yet: the model is not built.")
    vectors = np.asarray(network.layers[name].embeddings, np.float64)
    known = {word: number for word, number in word_index.items() if 0 <= number < len(vectors)}
    return str(name), known, vectors


def _check(
    words: Sequence[str], known: Mapping[str, int], word_index: Mapping[str, int], name: str
) -> None:
    faults = [] if words else ["no words came; pass at least one."]
    for word in words:
        if word in known:
            continue
        if word in word_index:
            faults.append(
                f"{word!r} is number {word_index[word]}, beyond the vocabulary of {name!r}."
            )
        else:
            hint = did_you_mean(word, known)
            faults.append(f"{word!r} is not in the word_index.{hint}")
    if faults:
        raise DureError(" ".join(faults))
