"""`dure.look`: everything the lens measures, of one network or of the lanes of a study."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from rich.console import Console

from dure.console.late_bar import LateBar
from dure.core.arrays import Tree, take_rows
from dure.data.dataset import Data
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
from dure.inspection.networks import networks_of
from dure.inspection.rows import Inputs

if TYPE_CHECKING:
    from dure.core.backend import keras
    from dure.inspection.drawings import Drawings
    from dure.inspection.save import Tour

Measured = TypeVar("Measured", xr.DataArray, xr.Dataset)
Method = Literal["gradient", "integrated"]
_MOST_ROWS = 1024
"""Rows that figures over rows rest on, unless rows are named."""


def look(
    target: Any,
    x: Any = None,
    y: Any = None,
    *,
    data: Data | None = None,
    variant: str | None = None,
    lanes: int | None = None,
    seed: int = 0,
    build: Callable[..., keras.Model] | None = None,
) -> Look:
    """Look inside a network, or inside all lanes of a study's variant at once.

    Parameters
    ----------
    target
        A `keras.Model` (also one Dure did not train), the path of a .keras or .h5 file or of a
        run folder, a `Result`, or a lane of one (``result.best()``). Of a result all lanes of one
        variant that trained to their end are looked at.
    x, y
        Rows to look at, as the network takes them: arrays (or lists and dicts of them), or raw
        text for a network that holds its words. `y` is for what compares with the truth.
    data
        Instead: a `Data`. Its test part is looked at; without one the rows that validated where
        the target was trained on these very data with a single split, else all rows. Its
        `prepare` is fitted on the training rows of each lane's fold where the target was trained
        on these data, else on all its rows. Names of classes, words and features come from it.
    variant
        Of a result: which one; by default the only one, or that of the best lane.
    lanes
        Of a result: at most so many lanes, in the order of seeds and folds. None: all.
    seed
        Of the untrained twin of a model that is no lane.
    build
        Makes the model, for untrained twins and for lanes whose model cannot be rebuilt from its
        configuration. For a model without arguments, for lanes with the variant's. Default: a
        result's own where it is known, else the stored configuration.

    Returns
    -------
    A `Look`: each of its methods returns arrays with named axes, `look.draw` has a drawing of the
    same name and arguments, `look.save(folder)` writes all that fits.

    Raises
    ------
    DureError
        For a target that cannot be looked into, or x and data together.

    Examples
    --------
    >>> look = dure.look(result.best(), data=data)
    >>> look.layers()["name"].tolist()
    ['hidden', 'out']
    """
    networks = networks_of(target, variant=variant, lanes=lanes, seed=seed, build=build)
    return Look(networks, Inputs(networks, x, y, data))


class Look:
    """What networks hold and do; made by :func:`look`.

    Over the lanes of a result every array has a dimension `lane` in front, with coordinates
    variant, seed and fold. Attributes of the arrays say `model`, `source` and `rows_of` (how many
    rows there are).

    In every method `layer` is a layer's name or the layer itself (`layers`: several), `x` are rows
    to look at instead of its own, `y` what is true of them, `rows` how many of the first are looked
    at, and `untrained` asks for the untrained twin, too. `target` is the class (or output) whose
    score is followed, one for all rows or one a row; None: the predicted class. `count` is how many
    neighbours a word has, `steps` how finely integrated gradients are summed.

    Examples
    --------
    >>> look = dure.look(result.best(), data=data)
    >>> look.kernels("hidden").dims, look.weights("hidden").sizes["source"]
    (('input', 'unit'), 2)
    >>> look.activations()["layer"].values.tolist(), look.gradients()["layer"].values.tolist()
    (['hidden', 'out'], ['hidden', 'out'])
    >>> look.saliency(rows=2).dims, look.predictions().sizes["row"], look.confusion().shape
    (('row', 'feature'), 114, (2, 2))
    >>> look.submodel("hidden").output_shape, look.class_names, look.layers().columns[0]
    ((32, 4), ['malignant', 'benign'], 'name')
    >>> look.save(folder / "looked", ["confusion"], progress=False).written[0].picture.name
    'confusion.png'
    >>> look.draw.confusion().savefig(folder / "confusion.png")

    Over the lanes of a variant:

    >>> lanes = dure.look(result, variant="rate=0.001", data=data)
    >>> lanes.kernels("hidden").dims, lanes.agreement("hidden").sizes["filter"]
    (('lane', 'input', 'unit'), 4)
    >>> lanes.agreement_of_predictions().sizes["row"]
    114

    Of networks over pictures, and over words:

    >>> layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3, name="conv")]
    >>> layers += [keras.layers.Flatten(), keras.layers.Dense(10, "softmax")]
    >>> pictures = dure.look(keras.Sequential(layers), data=dure.data.digits())
    >>> pictures.feature_maps("conv", rows=2).dims, pictures.grad_cam(rows=2).dims
    (('row', 'height', 'width', 'channel'), ('row', 'height', 'width'))
    >>> layers = [keras.Input((3,)), keras.layers.Embedding(7, 2), keras.layers.GRU(2)]
    >>> network = keras.Sequential([*layers, keras.layers.Dense(3, "softmax")])
    >>> words = dure.look(network, data=dure.data.recall(30, gap=2, symbols=3))
    >>> words.neighbours("s1", count=2).sizes["rank"], words.embedding_map().dims
    (2, ('word', 'axis'))
    >>> words.memory(rows=8).attrs["kind"]
    'memory'
    """

    def __init__(self, networks: Any, inputs: Inputs) -> None:
        self.networks, self.inputs = networks, inputs

    @property
    def draw(self) -> Drawings:
        """Drawings of the same names and arguments; each returns a matplotlib Figure."""
        from dure.inspection.drawings import Drawings

        return Drawings(self)

    def save(
        self,
        folder: str | PathLike[str],
        what: Sequence[str] | None = None,
        layer: LayerLike | Sequence[LayerLike] | None = None,
        rows: int | None = None,
        progress: bool = True,
    ) -> Tour:
        """Write pictures (PNG) and arrays (netCDF) of every measurement that fits.

        Parameters
        ----------
        folder
            Made if it is not there. Files of the same names are replaced, others left alone.
        what
            Names of measurements, such as ``["kernels", "saliency"]``; None: all.
        layer
            One layer or several, for what is of a layer; None: those it fits.
        rows
            How many pictures or texts to show.
        progress
            Whether to show a bar on the terminal where it takes over two seconds.

        Returns
        -------
        What was written, each with its headline, and what was left out with the reason.

        Raises
        ------
        StudyError
            For measurements or layers that there are not; all of them at once.
        """
        from dure.inspection.save import tour

        with LateBar(Console(stderr=True, quiet=not progress)) as bar:
            return tour(self, Path(folder), what, layer, rows, bar)

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
        names = None if self.inputs.data is None else self.inputs.data.feature_names
        if "feature" in found.dims:
            labels = names if names is not None else range(found.sizes["feature"])
            found = found.assign_coords(feature=[str(name) for name in labels])
        return self._named(found.assign_attrs(told=_describe_score(found, target)), x)

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


def _describe_score(measured: xr.DataArray, target: npt.ArrayLike | None) -> str:
    whose = "the predicted class" if target is None else f"class {target}"
    how = "" if measured.attrs.get("method") != "integrated" else " Integrated gradients."
    return f"Score: of {whose}, {measured.attrs.get('score', 'output')}.{how}"
