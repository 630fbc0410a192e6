"""An old file's numbers into the model made of its configuration, each array accounted for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from dure.core.arrays import Array
from dure.core.backend import keras
from dure.errors import Faults
from dure.keras_bridge.old_files.configs import Writer
from dure.keras_bridge.old_files.graphs import Part
from dure.keras_bridge.old_files.layouts import convert, old_counts
from dure.keras_bridge.old_files.record import Named


class Place(NamedTuple):
    """A layer of the file and the one made of it."""

    part: Part
    layer: keras.Layer

    @property
    def states(self) -> int:
        """How many of its arrays are never trained, such as moving averages."""
        if isinstance(self.layer, keras.layers.Normalization):
            return len(self.layer.weights)
        if isinstance(self.layer, keras.layers.BatchNormalization):
            return 2
        return sum(not weight.trainable for weight in self.layer.weights) if self.trained else 0

    @property
    def trained(self) -> bool:
        """Whether it was not frozen."""
        return _is_trained(self.part)


def assign_groups(
    model: keras.Model, part: Part, layers: Mapping[str, Named], writer: Writer, faults: Faults
) -> None:
    """Give a model the arrays of an HDF5 file, which has them by layer.

    Parameters
    ----------
    model, part
        The model, and what the file says it is made of.
    layers
        The file's arrays, by layer.
    writer
        Who wrote it.
    faults
        Where arrays that are missing, left over or of another shape go.
    """
    places = list(_places(model, part))
    done: set[int] = set()
    for name, named in layers.items():
        if not named.arrays:
            continue
        inside = _inside(name, part, places)
        if not inside:
            faults.append(f"the file has numbers of a layer {name!r}, and no such layer.")
            continue
        for place, own in _distribute(inside, named, faults, name):
            done.add(id(place.layer))
            _assign(place, convert(place.part.class_name, place.part.config, own, writer), faults)
    for place in places:
        if place.layer.weights and id(place.layer) not in done:
            faults.append(f"the file has no numbers of layer {place.part.name!r}.")


def _places(owner: Any, part: Part) -> Iterator[Place]:
    """Every layer with numbers of its own, in the file's order."""
    for child in part.parts:
        if child.class_name == "InputLayer":
            continue
        layer = owner.get_layer(child.now)
        if child.is_model:
            yield from _places(layer, child)
        elif child.parts:
            yield from _places(layer.layer, child.parts[0])
        else:
            yield Place(child, layer)


def _inside(name: str, part: Part, places: Sequence[Place]) -> list[tuple[Part, list[Place]]]:
    """What a group of that name is of: one layer, or a model with the layers in it.

    Keras 1 has the layers of a Sequential model in another as groups of their own.
    """
    for child in part.parts:
        if child.name == name:
            mine = {id(leaf) for leaf in child.leaves()}
            return [(child, [place for place in places if id(place.part) in mine])]
    found = [place for place in places if place.part.name == name]
    return [(found[0].part, found)] if len(found) == 1 else []


def _distribute(
    inside: Sequence[tuple[Part, list[Place]]], named: Named, faults: Faults, name: str
) -> list[tuple[Place, Named]]:
    """A group's arrays, layer by layer."""
    ((part, places),) = inside
    places = [place for place in places if place.layer.weights]
    if not part.parts and places:
        return [(places[0], named)]
    found = _by_names(places, named)
    if found is None:
        found = _by_order(part, places, named)
    if found is None:
        faults.append(
            f"the file has {len(named.arrays)} arrays of {name!r}, whose layers have "
            f"{sum(len(place.layer.weights) for place in places)}."
        )
    return found or []


def _by_names(places: Sequence[Place], named: Named) -> list[tuple[Place, Named]] | None:
    """By the names of the arrays, if every one names its layer and no layer has too many."""
    own: dict[int, Named] = defaultdict(lambda: Named([], []))
    for name, array in zip(named.names, named.arrays, strict=True):
        fitting = [
            (len(known), number)
            for number, place in enumerate(places)
            for known in _known_as(place.part)
            if f"/{known}/" in f"/{name}" or ("/" not in name and name.startswith(f"{known}_"))
        ]
        if not fitting:
            return None
        _, number = max(fitting)
        own[number].names.append(name)
        own[number].arrays.append(array)
    for number, place in enumerate(places):
        part, count = place.part, len(place.layer.weights)
        if len(own[number].names) not in old_counts(part.class_name, part.config, count):
            return None
    return [(place, own[number]) for number, place in enumerate(places)]


def _known_as(part: Part) -> set[str]:
    """Names by which arrays may call a layer: its own, those of the layer that it wraps."""
    names = {part.name}
    inner = part.config.get("layer") if isinstance(part.config, dict) else None
    wrapped = inner["config"].get("name") if isinstance(inner, dict) else None
    if wrapped:
        names |= {wrapped, f"forward_{wrapped}", f"backward_{wrapped}"}
    return names - {""}


def _by_order(
    part: Part, places: Sequence[Place], named: Named
) -> list[tuple[Place, Named]] | None:
    """By Keras' order in a model: all that is trained, layer by layer, then all that is not."""
    by_part = {id(place.part): place for place in places}
    trained, rest = _segments(part, by_part)
    if sum(count for _, count in (*trained, *rest)) != len(named.arrays):
        return None
    own: dict[int, Named] = {id(place.part): Named([], []) for place in places}
    start = 0
    for key, count in (*trained, *rest):
        own[key].names.extend(named.names[start : start + count])
        own[key].arrays.extend(named.arrays[start : start + count])
        start += count
    return [(by_part[key], mine) for key, mine in own.items()]


def _segments(
    part: Part, places: Mapping[int, Place]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """How many arrays of which layer come among the trained ones, and among the others."""
    if not part.parts:
        place = places.get(id(part))
        if place is None:
            return [], []
        count = len(place.layer.weights)
        if not place.trained:
            return [], [(id(part), count)]
        return [(id(part), count - place.states)], [(id(part), place.states)]
    trained, rest = [], []
    for child in part.parts:
        more, others = _segments(child, places)
        trained += more
        rest += others
    return (trained, rest) if _is_trained(part) else ([], trained + rest)


def _is_trained(part: Part) -> bool:
    return not isinstance(part.config, dict) or part.config.get("trainable", True) is not False


def _assign(place: Place, arrays: Sequence[Array], faults: Faults) -> None:
    layer = place.layer
    weights = layer.trainable_weights + layer.non_trainable_weights
    wanted = [tuple(weight.shape) for weight in weights]
    came = [tuple(array.shape) for array in arrays]
    if wanted != came:
        faults.append(
            f"layer {place.part.name!r} ({place.part.class_name}) has arrays of shape "
            f"{_listed(wanted)}; the file has {_listed(came)}."
        )
        return
    for weight, array in zip(weights, arrays, strict=True):
        weight.assign(np.asarray(array))
    if isinstance(layer, keras.layers.Normalization):
        layer.finalize_state()


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes)) or "none"
