"""Drawings of measurements, by the same names and with the same arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.figure import Figure

from dure.core.arrays import is_nested, take_rows
from dure.core.conversion.cells import is_text
from dure.errors import DureError
from dure.inspection.look import Inspection, with_twin
from dure.measurements.figures import figure_of
from dure.measurements.stored import measurement_of
from dure.plots.render import draw


class Drawings:
    """Each method draws what the inspection's method of the same name returns.

    Arguments (`layer`, `layers`, `x`, `y`, `rows`, `words`, `count`) are passed on; errors are
    those of the measurement, `measured`. Figures belong to nobody (pyplot does not know of them):
    ``figure.savefig(path)`` writes one.

    Examples
    --------
    >>> draw = dure.look(result.best(), data=data).draw
    >>> draw.kernels("hidden").savefig(folder / "kernels.png")
    >>> figures = [draw.weights("hidden"), draw.feature_maps("hidden"), draw.activations()]
    >>> figures += [draw.gradients(), draw.saliency(), draw.predictions(), draw.confusion()]
    >>> draw.twin_of("hidden").dims
    ('input', 'unit')

    Of lanes, and of networks over pictures and over words:

    >>> lanes = dure.look(result, variant="rate=0.001", data=data).draw
    >>> figures += [lanes.agreement("hidden"), lanes.agreement_of_predictions()]
    >>> layers = [keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3), keras.layers.Flatten()]
    >>> network = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
    >>> look = dure.look(network, data=dure.data.digits())
    >>> figures += [look.draw.grad_cam(), look.draw.of(look.saliency(rows=2))]
    >>> look.draw.inputs(look.saliency(rows=2)).shape, look.draw.pictures(np.arange(3)).shape
    ((2, 8, 8, 1), (3, 8, 8, 1))
    >>> layers = [keras.Input((3,)), keras.layers.Embedding(7, 2), keras.layers.GRU(2)]
    >>> network = keras.Sequential([*layers, keras.layers.Dense(3, "softmax")])
    >>> draw = dure.look(network, data=dure.data.recall(30, gap=2, symbols=3)).draw
    >>> figures += [draw.neighbours("s1"), draw.embedding_map(), draw.memory()]
    >>> len(draw.words(np.arange(2))), len(figures)
    (2, 14)
    """

    def __init__(self, look: Inspection) -> None:
        self._look = look

    def kernels(self, layer: Any) -> Figure:
        """Kernels as a grid, beside those of the untrained twin."""
        return self.of(self._look.kernels(layer), untrained=self.twin_of(layer))

    def twin_of(self, layer: Any) -> xr.DataArray | None:
        """The untrained twin's kernels; None where the model cannot be made again."""
        try:
            return self._look.kernels(layer, untrained=True)
        except DureError:
            return None

    def weights(self, layer: Any) -> Figure:
        """Histograms of a layer's weights, trained beside untrained."""
        return self.of(with_twin(self._look.weights, layer))

    def feature_maps(self, layer: Any, x: Any = None, rows: int = 5) -> Figure:
        """What a layer gives for the first rows, the pictures beside."""
        return self.of(self._look.feature_maps(layer, x, rows), x)

    def activations(self, x: Any = None, layers: Sequence[Any] | None = None) -> Figure:
        """Histograms of each layer's outputs."""
        return self.of(self._look.activations(x, layers))

    def gradients(self, x: Any = None, y: Any = None, rows: int = 256) -> Figure:
        """Bars of the gradient's norm in each layer."""
        return self.of(self._look.gradients(x, y, rows))

    def saliency(self, x: Any = None, *args: Any, **kwargs: Any) -> Figure:
        """Maps over pictures, coloured words, or a table of features."""
        return self.of(self._look.saliency(x, *args, **kwargs), x)

    def grad_cam(self, x: Any = None, *args: Any, **kwargs: Any) -> Figure:
        """Maps over pictures, or coloured words."""
        return self.of(self._look.grad_cam(x, *args, **kwargs), x)

    def neighbours(self, words: Any, count: int = 10, layer: Any = None) -> Figure:
        """Bars of the cosine, a panel a word."""
        return self.of(self._look.neighbours(words, count, layer))

    def embedding_map(self, words: Any = None, layer: Any = None) -> Figure:
        """Words as points in the plane."""
        return self.of(self._look.embedding_map(words, layer))

    def memory(self, *args: Any, **kwargs: Any) -> Figure:
        """Size of the gradient against distance."""
        return self.of(self._look.memory(*args, **kwargs))

    def predictions(self, x: Any = None, y: Any = None) -> Figure:
        """Cards of the worst mistakes; regression as predicted against true."""
        return self.of(self._look.predictions(x, y), x)

    def confusion(self, x: Any = None, y: Any = None) -> Figure:
        """The matrix of true against predicted classes."""
        return self.of(self._look.confusion(x, y))

    def agreement(self, layer: Any, x: Any = None, rows: int = 64) -> Figure:
        """In how many networks the units of a layer are found."""
        return self.of(with_twin(self._look.agreement, layer, x, rows))

    def agreement_of_predictions(self, x: Any = None, y: Any = None) -> Figure:
        """How many networks agree, and the rows that divide them."""
        return self.of(self._look.agreement_of_predictions(x, y))

    def of(
        self,
        measured: xr.DataArray | xr.Dataset,
        x: Any = None,
        untrained: xr.DataArray | None = None,
    ) -> Figure:
        """The drawing of something measured already, by its attribute `kind`.

        Parameters
        ----------
        x
            The rows that were measured, where they were not the look's own.
        untrained
            Beside kernels: those of the untrained twin.
        """
        found = measurement_of(measured, self.inputs(measured, x), untrained)
        shown = figure_of(found)
        return draw(shown.title, shown.blocks, shown.notes)

    def inputs(self, measured: xr.DataArray | xr.Dataset, x: Any = None) -> npt.NDArray[Any] | None:
        """What went in for the rows that a drawing shows; None where it shows none.

        Returns
        -------
        Pictures [row, height, width, channel], the words of each step [row, step], or texts [row].
        """
        kind = str(measured.attrs["kind"])
        if kind == "predictions":
            found = self._of_cards(measured, x)
            return np.asarray(found) if found is not None else None
        if kind not in ("feature_maps", "saliency", "grad_cam"):
            return None
        rows = measured["row"].values
        pictures = self.pictures(rows, x)
        if pictures is None and kind != "feature_maps" and measured.dims[-1] == "step":
            return np.asarray(self.words(rows, x))
        return pictures

    def _of_cards(self, measured: Any, x: Any) -> npt.NDArray[Any] | list[str] | None:
        """What stands beside the probabilities of the first rows: pictures, texts or nothing."""
        rows = measured["row"].values[:12]
        raw = self._look.inputs.x if x is None else x
        if "probability" not in measured or raw is None:
            return None
        if is_text(raw):
            return [str(raw[row]) for row in rows[:8]]
        pictures = self.pictures(rows, x)
        if pictures is None and self._is_coded_text():
            return [" ".join(filter(None, row)) for row in self.words(rows[:8], x)]
        return pictures

    def _is_coded_text(self) -> bool:
        inputs = self._look.inputs
        return inputs.word_index() is not None or (
            inputs.data is not None and inputs.data.kind == "text"
        )

    def pictures(self, rows: npt.NDArray[Any], x: Any = None) -> npt.NDArray[Any] | None:
        """The pictures of these rows, [row, height, width, channel]; None where they are none."""
        raw = self._look.inputs.x if x is None else np.asarray(x)
        if raw is None or is_nested(raw) or is_text(raw):
            return None
        data = self._look.inputs.data
        array: npt.NDArray[Any] = np.asarray(raw)
        if array.ndim == 3 and data is not None and data.kind == "image":
            array = array[..., None]
        return array[rows] if array.ndim == 4 else None

    def words(self, rows: npt.NDArray[Any], x: Any = None) -> list[list[str]]:
        """The words at each step of these rows.

        Raises
        ------
        DureError
            Where lanes of different folds learned different words.
        """
        inputs = self._look.inputs
        first = inputs.word_index()
        if any(inputs.word_index(place) != first for place in range(len(self._look.networks))):
            raise DureError(
                "the lanes' folds have different words, so their texts cannot be drawn together; "
                "look at one lane: dure.look(result.best())."
            )
        return self._look.inputs.words(self._tokens(rows, x))

    def _tokens(self, rows: npt.NDArray[Any], x: Any) -> npt.NDArray[Any]:
        inputs = self._look.inputs
        whole = inputs.of(0) if x is None else inputs.own(0, x)
        return np.asarray(take_rows(np.asarray(whole), rows))
