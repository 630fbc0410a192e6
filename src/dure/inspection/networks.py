"""The networks that one look is of, in one model whose weights are exchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from dure.core.backend import keras
from dure.core.types import LaneKey
from dure.data.text.sequences import TextToSequences
from dure.inspection.network.network import Network
from dure.keras_bridge.preparation.files import load_preparation
from dure.keras_bridge.preparation.fitted import FittedPreparation
from dure.keras_bridge.preparation.prepared_model import PreparedModel
from dure.results.run_result import LaneResult

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
        make_twin: Callable[[keras.Model, int], keras.Model],
        source: LaneResult | None = None,
        stacked: bool = False,
    ) -> None:
        self.name, self.members = name, tuple(members)
        self.source, self.stacked = source, stacked
        own = isinstance(model, PreparedModel)
        self._preparation = model.preparation if own else None
        self._preparations: dict[int, FittedPreparation | None] = {}
        self._network = Network(model.network if own else model)
        self._make_twin = make_twin
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
        twin = Network(self._make_twin(network.model, self.members[place].seed))
        twin.share(network)
        return twin

    def preparation(self, place: int = 0) -> FittedPreparation | None:
        """What makes inputs of raw rows for the network at a place; None where nothing does.

        Raises
        ------
        RunFolderError
            If that of a lane was not kept, or cannot be read.
        """
        key = self.members[place].key
        if self._preparation is not None or self.source is None or key is None:
            return self._preparation
        if key.fold not in self._preparations:
            kept = load_preparation(self.source.folder, key.fold)
            self._preparations[key.fold] = None if kept is None else kept.preparation
        return self._preparations[key.fold]

    def text(self, place: int = 0) -> TextToSequences | None:
        """What makes integers of raw text for the network at a place; None where nothing does."""
        preparation = self.preparation(place)
        return None if preparation is None else preparation.text

    @property
    def twin_name(self) -> str:
        """'seed 3', or 'each its own seed', as titles call the untrained twins."""
        seeds = {member.seed for member in self.members}
        return f"seed {seeds.pop()}" if len(seeds) == 1 else "each with its own seed"

    def each(self) -> Iterator[tuple[int, Network]]:
        """The networks one after another, each valid until the next is asked for."""
        for place in range(len(self.members)):
            yield place, self.network(place)
