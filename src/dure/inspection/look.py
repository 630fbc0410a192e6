"""Every measurement by its name, of one network or of the lanes of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from dure.core.arrays import Tree, is_nested, take_rows
from dure.data.tables import TableTransformer
from dure.errors import DureError
from dure.inspection.measures import (
    agreement,
    gradients,
    memory,
    saliency,
    weights,
)
from dure.inspection.measures import embeddings as vectors
from dure.inspection.measures import (
    feature_maps as maps,
)
from dure.inspection.measures import predictions as outcomes
from dure.inspection.network import structure
from dure.inspection.network.network import LayerLike, Network
from dure.inspection.rows import Inputs

if TYPE_CHECKING:
    from dure.core.backend import keras

Measured = TypeVar("Measured", xr.DataArray, xr.Dataset)
Method = Literal["gradient", "integrated"]
_MOST_ROWS = 1024
"""Rows that figures over rows rest on, unless rows are named."""


class Inspection:
    """What networks hold and do, as arrays; `dure.inspection.api.Look` says how to ask for it."""

    def __init__(self, networks: Any, inputs: Inputs) -> None:
        self.networks, self.inputs = networks, inputs

    # -- the network itself ----------------------------------------------------------------------

    def layers(self) -> pd.DataFrame:
        """The layers: name, class, output shape, parameters, trainable, activation."""
        x = self.inputs.of(0, 1) if self.inputs.rows else None
        return structure.layers(self.networks.network(), x)

    def submodel(self, layer: LayerLike) -> keras.Model:
        """A model from the inputs to a layer's output, with the weights of the first network."""
        return structure.submodel(self.networks.network(), layer)

    def kernels(self, layer: LayerLike, untrained: bool = False) -> xr.DataArray:
        """The kernels of a convolution or Dense layer, or those of its untrained twin.

        Dims (height, width, channel, filter), (step, channel, filter) or (input, unit); see
        `dure.inspection.measures.weights.kernels`.
        """
        name = self.networks.network().find(layer)
        found = self._each(
            lambda network, place: weights.kernels(*self._same(network, name, place, untrained))
        )
        twin = {"twin": self.networks.twin_name} if untrained else {}
        return found.assign_attrs(layer=name, **twin)

    def _same(
        self, network: Network, name: str, place: int, untrained: bool
    ) -> tuple[Network, str]:
        """The network and a layer's name, or those of its twin, whose automatic names differ."""
        if not untrained:
            return network, name
        twin = self.networks.twin(place)
        return twin, list(twin.layers)[list(network.layers).index(name)]

    def weights(self, layer: LayerLike, untrained: bool = True) -> xr.Dataset:
        """All weights of a layer along `source`: trained, and those of the untrained twin."""
        name = self.networks.network().find(layer)
        found = self._each(
            lambda network, place: weights.weights(
                network, name, self.networks.twin(place) if untrained else None
            )
        )
        return found.assign_attrs(twin=self.networks.twin_name)

    def neighbours(
        self, words: Sequence[str] | str, count: int = 10, layer: LayerLike | None = None
    ) -> xr.Dataset:
        """The words nearest to each of these by cosine, dims (word, rank)."""
        return self._each(
            lambda network, place: vectors.neighbours(
                network, words, count, layer, word_index=self.inputs.word_index(place)
            )
        )

    def embedding_map(
        self, words: Sequence[str] | None = None, layer: LayerLike | None = None
    ) -> xr.DataArray:
        """Vectors of words on two principal components, dims (word, axis); the commonest 200."""
        chosen = self._common_words() if words is None and len(self.networks) > 1 else words
        return self._each(
            lambda network, place: vectors.embedding_map(
                network, chosen, layer, word_index=self.inputs.word_index(place)
            )
        )

    def _common_words(self) -> list[str] | None:
        """The commonest words that every network knows; None without any."""
        indices = [self.inputs.word_index(place) or {} for place in range(len(self.networks))]
        first = sorted(indices[0], key=lambda word: indices[0][word])
        known = [w for w in first if not w.startswith("<") and all(w in i for i in indices)]
        return known[:200] or None

    # -- what it does with rows ------------------------------------------------------------------

    def feature_maps(self, layer: LayerLike, x: Any = None, rows: int = 5) -> xr.DataArray:
        """What a layer gives for the first rows: (row, height, width, channel) or alike."""
        found = self._with_rows(lambda network, x: maps.feature_maps(network, layer, x), x, rows)
        return self._named(found, x)

    def activations(self, x: Any = None, layers: Sequence[LayerLike] | None = None) -> xr.Dataset:
        """Over (layer): mean, std, shares of zeros, dead and saturated units, histogram.

        Of the first 1,024 rows if `x` is not given.
        """
        return self._with_rows(lambda network, x: maps.activations(network, x, layers), x)

    def gradients(self, x: Any = None, y: Any = None, rows: int = 256) -> xr.Dataset:
        """Norm of the loss's gradient in each layer, over the first rows."""
        targets = self._targets(x, y, rows)
        if targets is None:
            raise DureError("gradients are those of the loss, and there is no y; pass x and y.")
        return self._with_rows(lambda network, x: gradients.gradients(network, x, targets), x, rows)

    def saliency(
        self,
        x: Any = None,
        target: npt.ArrayLike | None = None,
        method: Method = "gradient",
        steps: int = 64,
        rows: int = 6,
    ) -> xr.DataArray:
        """How much each input value moves the score of the predicted (or a given) class."""
        found = self._with_rows(
            lambda network, x: saliency.saliency(network, x, target, method, steps), x, rows
        )
        if "feature" in found.dims:
            labels = self._name_features(found.sizes["feature"])
            found = found.assign_coords(feature=[str(name) for name in labels])
        return self._named(found.assign_attrs(told=_describe_score(found, target)), x)

    def _name_features(self, count: int) -> Sequence[Any]:
        """Names of what goes into the network: those of the data, unless it is made of them."""
        data = self.inputs.data
        names = None if data is None or is_nested(data.x) else data.feature_names
        remade = data is not None and isinstance(data.prepare, TableTransformer)
        return range(count) if names is None or remade or len(names) != count else names

    def grad_cam(
        self,
        x: Any = None,
        layer: LayerLike | None = None,
        target: npt.ArrayLike | None = None,
        rows: int = 6,
    ) -> xr.DataArray:
        """Where a layer's maps speak for the class: (row, height, width), values >= 0."""
        found = self._with_rows(
            lambda network, x: saliency.grad_cam(network, x, layer, target), x, rows
        )
        return self._named(found.assign_attrs(told=_describe_score(found, target)), x)

    def memory(
        self,
        x: Any = None,
        target: npt.ArrayLike | None = None,
        method: memory.Method = "gradient",
        rows: int = 256,
    ) -> xr.Dataset:
        """How much each earlier step moves the output, and the horizon; of the first rows.

        "gradient": by a touch, which is what training works with; "exchange": by another input in
        its place, which is what is remembered. See `dure.inspection.measures.memory.memory`.
        """
        return self._with_rows(
            lambda network, x: memory.memory(network, x, target, method), x, rows
        )

    def predictions(self, x: Any = None, y: Any = None) -> xr.Dataset:
        """What is said of every row, the worst mistakes first where `y` is known.

        Over lanes rows are in the order of their mean loss.
        """
        truth = self._targets(x, y, None)
        found = self._with_rows(
            lambda network, x: outcomes.predictions(
                network, x, truth, class_names=self.class_names
            ).sortby("row"),
            x,
            self.inputs.rows,
        )
        if "loss" not in found:
            return found
        loss = found["loss"].mean("lane") if "lane" in found.dims else found["loss"]
        return found.isel(row=np.argsort(-loss.values, kind="stable"))

    def confusion(self, x: Any = None, y: Any = None) -> xr.DataArray:
        """Counts of true against predicted classes."""
        truth = self._targets(x, y, None)
        if truth is None:
            raise DureError("confusion compares with the truth, and there is no y; pass x and y.")
        return self._with_rows(
            lambda network, x: outcomes.confusion(network, x, truth, class_names=self.class_names),
            x,
            self.inputs.rows,
        )

    # -- where lanes agree -----------------------------------------------------------------------

    def agreement(
        self, layer: LayerLike, x: Any = None, rows: int = 64, untrained: bool = True
    ) -> xr.Dataset:
        """In how many networks each unit of a layer is found again, and by chance alone.

        Units are matched by the correlation of what they give for the same rows; the baseline is
        the same of the untrained twins. See `dure.inspection.measures.agreement.matched_filters`.

        Raises
        ------
        DureError
            For fewer than two networks.
        """
        self._need_lanes()
        name = self.networks.network().find(layer)
        found = self._with_rows(lambda network, x: maps.feature_maps(network, name, x), x, rows)
        fresh = None
        if untrained:
            fresh = self._each(
                lambda network, place: maps.feature_maps(
                    *self._same(network, name, place, True), self._rows(place, x, rows)
                )
            )
        made = agreement.matched_filters(found, fresh)
        about = {key: found.attrs[key] for key in self.inputs.about if key in found.attrs}
        return self._describe(made).assign_attrs(about, layer=name)

    def agreement_of_predictions(self, x: Any = None, y: Any = None) -> xr.Dataset:
        """For each row the share of networks that agree with the majority, least first."""
        self._need_lanes()
        found = self.predictions(x, y)
        lanes = found.sizes["lane"]
        return self._describe(agreement.agreement_of_predictions(found)).assign_attrs(lanes=lanes)

    def _need_lanes(self) -> None:
        if len(self.networks) < 2:
            raise DureError(
                "agreement is between networks, and this is one; look at a Result (a run folder) "
                "with several seeds."
            )

    # -- inside ----------------------------------------------------------------------------------

    @property
    def class_names(self) -> Sequence[str] | None:
        """Names of the classes, from the data."""
        names = None if self.inputs.data is None else self.inputs.data.class_names
        return None if names is None else list(names)

    def _each(self, measure: Callable[[Network, int], Measured]) -> Measured:
        """A measurement of each network, stacked where they are lanes of a result."""
        found = [measure(network, place) for place, network in self.networks.each()]
        if not self.networks.stacked:
            return self._describe(found[0])
        keys = [member.key for member in self.networks.members if member.key is not None]
        return self._describe(agreement.stack(found, keys))

    def _describe(self, measured: Measured) -> Measured:
        return measured.assign_attrs(model=self.networks.name)

    def _with_rows(
        self, measure: Callable[[Network, Tree], Measured], x: Any, rows: int = _MOST_ROWS
    ) -> Measured:
        found = self._each(lambda network, place: measure(network, self._rows(place, x, rows)))
        own = int(found.sizes.get("row", 0))
        if x is not None:
            return found.assign_attrs(source="", rows_of=own)
        return found.assign_attrs(self.inputs.about, rows_of=self.inputs.rows)

    def _rows(self, place: int, x: Any, rows: int) -> Tree:
        return self.inputs.of(place, rows) if x is None else self.inputs.own(place, x)

    def _targets(self, x: Any, y: Any, rows: int | None) -> Any:
        if x is not None or y is not None:
            return y
        return take_rows(self.inputs.y, slice(rows))

    def _named(self, measured: xr.DataArray, x: Any) -> xr.DataArray:
        """With coordinates `predicted` and `true`, classes by name, where there are classes."""
        count = measured.sizes["row"]
        truth = None if x is not None else take_rows(self.inputs.y, slice(count))
        try:
            found = outcomes.predictions(
                self.networks.network(),
                self._rows(0, x, count),
                truth,
                class_names=self.class_names,
            ).sortby("row")
        except DureError:
            return measured  # no classes, or outputs of another form: rows keep their numbers
        if "predicted" not in found:
            return measured
        names = [str(name) for name in found["class"].values]
        known = ["true"] if self.networks.stacked else ["predicted", "true"]
        return measured.assign_coords(
            {
                key: ("row", [names[int(place)] for place in found[key].values])
                for key in known
                if key in found
            }
        )


def with_twin(measure: Callable[..., xr.Dataset], *args: Any) -> xr.Dataset:
    """A measurement beside the untrained twin's, or alone where the model cannot be made again."""
    try:
        return measure(*args, untrained=True)
    except DureError:
        return measure(*args, untrained=False)


def _describe_score(measured: xr.DataArray, target: npt.ArrayLike | None) -> str:
    whose = "the predicted class" if target is None else f"class {target}"
    how = "" if measured.attrs.get("method") != "integrated" else " Integrated gradients."
    return f"Score: of {whose}, {measured.attrs.get('score', 'output')}.{how}"
