"""`dure.look`: everything that can be measured inside networks, drawn and saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from dure.core.terminal import LateBar
from dure.data.dataset import Data
from dure.inspection.drawings import Drawings
from dure.inspection.look import Inspection
from dure.inspection.network.network import LayerLike
from dure.inspection.rows import Inputs
from dure.inspection.save import Tour, save_all
from dure.inspection.targets import networks_of

if TYPE_CHECKING:
    from dure.core.backend import keras


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
        Rows to look at: arrays (or lists and dicts of them), raw where what `Data.prepare` became
        is kept with the network (as in lanes of a study), such as text for a network that holds
        its words. `y` is for what compares with the truth.
    data
        Instead: a `Data`. Its test part is looked at; without one the rows that validated where
        the target was trained on these very data with a single split, else all rows. Its
        `prepare` counts for a network without one of its own: it is then fitted on all rows.
        Names of classes, words and features come from it.
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


class Look(Inspection):
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

    @property
    def draw(self) -> Drawings:
        """Drawings of the same names and arguments; each returns a matplotlib Figure."""
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
        with LateBar(Console(stderr=True, quiet=not progress)) as bar:
            return save_all(self, self.draw, Path(folder), what, layer, rows, bar)
