"""The networks that one look is of: a model, a file, a lane, or the lanes of a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dure.core.backend import keras
from dure.core.types import LaneKey, trained
from dure.data.text.sequences import TextToSequences
from dure.errors import DureError, did_you_mean
from dure.inspection.measures.weights import untrained_twin
from dure.inspection.network.files import SUFFIXES, read_model
from dure.inspection.network.network import Network
from dure.keras_bridge.model_files import load_model, load_text
from dure.keras_bridge.text_model import TextModel
from dure.results.run_result import LaneResult, RunResult, load
from dure.storage.run_folder import is_run_folder

Weights = list[Any]


class Member(NamedTuple):
    """One of the networks."""

    key: LaneKey | None
    """Which lane it is; None for a model that is none."""
    seed: int
    """Of its untrained twin."""
    weights: Callable[[], Weights] | None
    """Its weights in the order of `model.weights`; None: those the model has."""


class Networks:
    """Networks of one architecture, in one model whose weights are exchanged.

    So programs are compiled once and one network is in memory at a time.

    Attributes
    ----------
    name
        Of the model, or the study and its variant; for titles.
    members
        One for each network.
    stacked
        Whether they are lanes of a result, measured over a dimension `lane`.
    source
        The first of the lanes that they are; None for other models.
    """

    def __init__(
        self,
        model: keras.Model,
        name: str,
        members: Sequence[Member],
        *,
        source: LaneResult | None = None,
        stacked: bool = False,
        build: Callable[[], keras.Model] | None = None,
    ) -> None:
        self.name, self.members = name, tuple(members)
        self.source, self.stacked = source, stacked
        self._text = model.text if isinstance(model, TextModel) else None
        self._texts: dict[int, TextToSequences | None] = {}
        self._network = Network(model.network if isinstance(model, TextModel) else model)
        self._build = build
        self._inside = 0 if self.members[0].weights is None else -1

    def __len__(self) -> int:
        return len(self.members)

    def network(self, place: int = 0) -> Network:
        """The network at a place. Another call may put other weights into the same object."""
        member = self.members[place]
        if member.weights is not None and self._inside != place:
            self._network.model.set_weights(member.weights())
            self._inside = place
        return self._network

    def twin(self, place: int = 0) -> Network:
        """The untrained twin of the network at a place: same architecture, its seed."""
        network = self._network
        twin = Network(untrained_twin(network.model, self.members[place].seed, self._build))
        twin.share(network)
        return twin

    def text(self, place: int = 0) -> TextToSequences | None:
        """What makes integers of raw text for the network at a place; None where nothing does."""
        key = self.members[place].key
        if self._text is not None or self.source is None or key is None:
            return self._text
        if key.fold not in self._texts:
            self._texts[key.fold] = load_text(self.source.folder, key.fold)
        return self._texts[key.fold]

    @property
    def twin_name(self) -> str:
        """'seed 3', or 'each its own seed', as titles call the untrained twins."""
        seeds = {member.seed for member in self.members}
        return f"seed {seeds.pop()}" if len(seeds) == 1 else "each with its own seed"

    def each(self) -> Iterator[tuple[int, Network]]:
        """The networks one after another, each valid until the next is asked for."""
        for place in range(len(self.members)):
            yield place, self.network(place)


def networks_of(
    target: Any,
    *,
    variant: str | None = None,
    lanes: int | None = None,
    seed: int = 0,
    build: Callable[..., keras.Model] | None = None,
) -> Networks:
    """The networks of whatever `dure.look` takes; see there.

    Raises
    ------
    DureError
        For a target that is none of them, a file that holds no model, or a result without a lane
        that has come to its end.
    """
    if isinstance(target, (str, PathLike)):
        target = _from_path(Path(target))
    if isinstance(target, _Named):
        return _one(target.model, target.name, seed, build)
    if isinstance(target, RunResult):
        chosen = lanes_of(target, variant)[:lanes]
        return _of_lanes(chosen, f"{target.name}: {chosen[0].variant}", build, stacked=True)
    if isinstance(target, LaneResult):
        return _of_lanes([target], target.name, build, stacked=False)
    if isinstance(target, keras.Model):
        return _one(target, target.name, seed, build)
    raise DureError(
        f"there is no looking into a {type(target).__name__}; pass a keras.Model, the path of a "
        ".keras or .h5 file or of a run folder, a Result, or a lane of one."
    )


class _Named(NamedTuple):
    model: keras.Model
    name: str


def _one(
    model: keras.Model, name: str, seed: int, build: Callable[[], keras.Model] | None
) -> Networks:
    return Networks(model, name, [Member(None, seed, None)], build=build)


def lanes_of(result: RunResult, variant: str | None = None) -> list[LaneResult]:
    """The lanes of one variant that trained to their end, by default of the best one's.

    Raises
    ------
    DureError
        If there is no such variant, or none of its lanes has come to its end.
    """
    if variant is not None and variant not in result.variants:
        raise DureError(
            f"there is no variant {variant!r}; this study has {', '.join(result.variants)}."
            + did_you_mean(str(variant), result.variants)
        )
    if variant is None:
        alone = len(result.variants) == 1
        variant = result.variants[0] if alone else result.best().variant
    mine = [lane for lane in result.lane_list() if trained(lane.status) and lane.variant == variant]
    if not mine:
        raise DureError(
            f"no lane of {variant!r} in {result.folder} has come to its end with finite weights; "
            "go on with the run (dure resume), or look at another variant."
        )
    return mine


def _of_lanes(
    lanes: Sequence[LaneResult], name: str, build: Callable[..., Any] | None, *, stacked: bool
) -> Networks:
    first = lanes[0]
    build = build or first.build
    weights = [partial(_weights, lane) for lane in lanes]
    model = load_model(first.folder, first.variant, first.weights(), build)
    arguments = first.manifest.get("study", {}).get("variants", {}).get(first.variant, {})
    members = [
        Member(LaneKey(lane.variant, lane.seed, lane.fold), lane.seed, given)
        for lane, given in zip(lanes, weights, strict=True)
    ]
    made = None if build is None else partial(build, **arguments)
    return Networks(model, name, members, source=first, stacked=stacked, build=made)


def _weights(lane: LaneResult) -> Weights:
    stored = lane.weights()
    return [np.asarray(stored[key]) for key in sorted(stored)]


def _from_path(path: Path) -> RunResult | _Named:
    if is_run_folder(path):
        return load(path)
    if path.is_dir() or not (path.exists() or path.suffix in SUFFIXES):
        what = "is a folder without a run in it" if path.is_dir() else "does not exist"
        raise DureError(f"{path} {what}; give a .keras or .h5 file, or a run folder.")
    return _Named(read_model(path), path.name)
