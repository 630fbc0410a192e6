"""A tour of a network: every measurement that fits, as pictures and arrays in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from dure.core.file_names import name_files
from dure.errors import DureError, Faults, did_you_mean
from dure.inspection.look import Inspection, with_twin
from dure.inspection.measures.weights import kernels
from dure.measurements.headlines import headline_of
from dure.plots.style import as_png
from dure.storage.files import explained, write_atomically

OF_A_LAYER = ("kernels", "weights", "feature_maps", "agreement")
MEASUREMENTS = (
    "kernels",
    "weights",
    "feature_maps",
    "activations",
    "gradients",
    "saliency",
    "grad_cam",
    "embedding_map",
    "neighbours",
    "memory",
    "predictions",
    "confusion",
    "agreement",
    "agreement_of_predictions",
)
_MOST_LAYERS = 6
_PASSED_ON = ("Dropout", "Noise", "Flatten", "Reshape", "ActivityRegularization", "Masking")
"""Layers that change nothing, or only the shape, of what they are given in inference."""


class Draws(Protocol):
    """What is asked of `dure.inspection.drawings.Drawings` here."""

    def twin_of(self, layer: Any) -> xr.DataArray | None:
        """Kernels of the untrained twin."""

    def of(
        self,
        measured: xr.DataArray | xr.Dataset,
        x: Any = None,
        untrained: xr.DataArray | None = None,
    ) -> Figure:
        """The drawing of something measured."""

    def inputs(self, measured: xr.DataArray | xr.Dataset, x: Any = None) -> Any:
        """What went in for the rows that a drawing shows."""


class Written(NamedTuple):
    """One measurement in the folder."""

    name: str
    layer: str
    """ "" where it is not of one layer."""
    picture: Path
    arrays: Path
    says: str
    """Its headline."""


class LeftOut(NamedTuple):
    """One measurement that is not there."""

    name: str
    layer: str
    reason: str


class Tour(NamedTuple):
    """What a look left in a folder, and what it did not.

    Examples
    --------
    >>> tour = look.save(folder / "look", ["kernels"], progress=False)
    >>> [written.picture.name for written in tour.written]
    ['kernels-hidden.png', 'kernels-out.png']
    """

    folder: Path
    written: list[Written]
    left_out: list[LeftOut]


class _Stop(NamedTuple):
    name: str
    layer: str
    measure: Callable[[], xr.DataArray | xr.Dataset]


def save_all(
    look: Inspection,
    drawings: Draws,
    folder: Path,
    what: Sequence[str] | None,
    layer: Any,
    rows: int | None,
    tell: Callable[[str, int, int], None],
) -> Tour:
    """See `Look.save`; `tell` hears what comes next, how much is done and how much there is."""
    names, layers = _wanted(look, what, layer)
    left_out: list[LeftOut] = []
    stops = list(_stops(look, names, layers, rows, left_out))
    with explained("write pictures", folder):
        folder.mkdir(parents=True, exist_ok=True)
    written = []
    # Of all layers, so that a later look at one of them finds the same name for it.
    places = name_files(look.networks.network().layers, ".")
    for done, stop in enumerate(stops):
        tell(" ".join(filter(None, (stop.name, stop.layer))), done, len(stops))
        try:
            place = f"-{places[stop.layer]}" if stop.layer else ""
            written.append(_write(drawings, stop, folder, place))
        except DureError as error:
            left_out.append(LeftOut(stop.name, stop.layer, str(error)))
    tell("", len(stops), len(stops))
    return Tour(folder, written, left_out)


def _wanted(
    look: Inspection, what: Sequence[str] | None, layer: Any
) -> tuple[Sequence[str], list[str] | None]:
    names = MEASUREMENTS if what is None else ([what] if isinstance(what, str) else list(what))
    faults = Faults(faults_of_names(names))
    if layer is None:
        given = None
    else:
        network, given = look.networks.network(), []
        for one in layer if isinstance(layer, (list, tuple)) else [layer]:
            with faults.collect():
                given.append(network.find(one))
    faults.raise_if_any("this look")
    return names, given


def faults_of_names(names: Sequence[str]) -> list[str]:
    """A sentence for each name that is no measurement's."""
    return [
        f"there is no measurement {name!r}; there are {', '.join(MEASUREMENTS)}."
        + did_you_mean(str(name), MEASUREMENTS)
        for name in names
        if name not in MEASUREMENTS
    ]


def _stops(
    look: Inspection,
    names: Sequence[str],
    layers: list[str] | None,
    rows: int | None,
    left_out: list[LeftOut],
) -> Iterator[_Stop]:
    for name in names:
        if name not in OF_A_LAYER:
            yield _Stop(name, "", _of_model(look, name, rows))
            continue
        try:
            fitting = _fitting(look, name) if layers is None else layers
        except DureError as error:
            left_out.append(LeftOut(name, "", str(error)))
            continue
        if not fitting:
            left_out.append(LeftOut(name, "", "no layer of this model has them."))
        for layer in fitting[:_MOST_LAYERS] if layers is None else fitting:
            yield _Stop(name, layer, _of_layer(look, name, layer, rows))
        if layers is None and len(fitting) > _MOST_LAYERS:
            others = ", ".join(fitting[_MOST_LAYERS:])
            reason = f"the first {_MOST_LAYERS} of {len(fitting)} layers; name others: {others}"
            left_out.append(LeftOut(name, "", reason))


def _of_layer(look: Inspection, name: str, layer: str, rows: int | None) -> Callable[[], Any]:
    if name == "kernels":
        return lambda: look.kernels(layer)
    if name == "weights":
        return lambda: with_twin(look.weights, layer)
    if name == "agreement":
        return lambda: with_twin(look.agreement, layer)
    return lambda: look.feature_maps(layer, **({} if rows is None else {"rows": rows}))


def _of_model(look: Inspection, name: str, rows: int | None) -> Callable[[], Any]:
    if name == "neighbours":
        return lambda: look.neighbours(_some_words(look))
    given = {} if rows is None or name not in ("saliency", "grad_cam") else {"rows": rows}
    return lambda: getattr(look, name)(**given)


def _some_words(look: Inspection) -> list[str]:
    """Six words with neighbours worth seeing: of the 500 commonest those with the longest vectors.

    Vectors start out short, and grow with what a network learns of their words.
    """
    index = look.inputs.word_index() or {}
    common = sorted((word for word in index if not word.startswith("<")), key=index.__getitem__)
    layers = look.networks.network().layers.values()
    held = [layer for layer in layers if type(layer).__name__ == "Embedding"]
    if not held:
        return common[:6]
    lengths = np.linalg.norm(np.asarray(held[0].embeddings), axis=1)
    known = [word for word in common if index[word] < len(lengths)][:500]
    return sorted(known, key=lambda word: -lengths[index[word]])[:6]


def _fitting(look: Inspection, name: str) -> list[str]:
    """The layers that a measurement of layers fits, in the model's order."""
    network = look.networks.network()
    kept = [
        layer
        for layer, one in network.layers.items()
        if not any(other.startswith(f"{layer}/") for other in network.layers)
        and not any(word in type(one).__name__ for word in _PASSED_ON)
    ]
    if name == "weights":
        return [layer for layer in kept if network.layers[layer].weights]
    if name == "kernels":
        return [layer for layer in kept if _has_kernels(look, layer)]
    if name == "agreement" and len(look.networks) < 2:
        raise DureError("it compares networks, and this is one.")
    calls = {call.name: call for call in network.calls(look.inputs.of(0, 1))}
    called = [layer for layer in kept if layer in calls]
    if name == "agreement":
        return [
            layer
            for layer in called
            if network.layers[layer].weights
            and not calls[layer].is_output
            and "Embedding" not in type(network.layers[layer]).__name__
        ]
    deep = [layer for layer in called if len(calls[layer].shape) > 1]
    return deep or called


def _has_kernels(look: Inspection, layer: str) -> bool:
    try:
        kernels(look.networks.network(), layer)
    except DureError:
        return False
    return True


def _write(drawings: Draws, stop: _Stop, folder: Path, place: str) -> Written:
    measured = stop.measure()
    twin = drawings.twin_of(stop.layer) if stop.name == "kernels" else None
    figure = drawings.of(measured, untrained=twin)
    headline = headline_of(measured)
    picture, arrays = (folder / f"{stop.name}{place}.{kind}" for kind in ("png", "nc"))
    leads = str(next(iter(measured.data_vars), "")) if isinstance(measured, xr.Dataset) else ""
    content = _stored(drawings, measured, twin)
    content = content.assign_attrs(measured.attrs, says=str(headline), leads=leads)
    with explained("write pictures", folder):
        write_atomically(picture, iter([as_png(figure)]))
        write_atomically(arrays, iter([bytes(content.to_netcdf(engine="scipy"))]))
    return Written(stop.name, stop.layer, picture, arrays, headline)


def _stored(
    drawings: Draws, measured: xr.DataArray | xr.Dataset, twin: xr.DataArray | None
) -> xr.Dataset:
    """The measurement with what it is drawn beside, so that a reader needs neither model nor data.

    `untrained` are the twin's kernels. `input` (shown, input_0, ...) holds what went in for the
    rows that are drawn: pictures, words of each step, or texts.
    """
    if isinstance(measured, xr.Dataset):
        out = measured.copy()
    else:
        out = measured.to_dataset(name=str(measured.attrs["kind"]))
    if twin is not None:
        out["untrained"] = twin
    inputs = drawings.inputs(measured)
    if inputs is not None:
        dims = ("shown", *(f"input_{axis}" for axis in range(inputs.ndim - 1)))
        out["input"] = (dims, inputs)
    return out
