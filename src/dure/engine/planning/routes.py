"""Which way a variant's lanes are trained: compiled, stepped or fitted; and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from dure.core.formatting import format_bytes
from dure.engine.program.host_callbacks import Callbacks

Kind: TypeAlias = Literal["compiled", "stepped", "fitted"]


class Route(NamedTuple):
    """How lanes are trained.

    Attributes
    ----------
    kind
        "compiled": rounds of epochs run without returning to Python. "stepped": one compiled step a
        batch, called from the host. "fitted": Keras' own ``fit`` with Keras' own steps, one process
        a core.
    why
        Why not the one before; empty for "compiled".
    """

    kind: Kind
    why: str = ""


COMPILED = Route("compiled")

SHARED = (
    "build uses layers or metrics that were made outside of it, which batches from the host would "
    "change for other lanes, too"
)
"""Why lanes that hold variables in common are trained in processes of their own."""

UNLIKE = (
    "build draws constants that are others for each seed, so that each lane's step is compiled for "
    "itself (add_weight(trainable=False) makes a weight of such a constant)"
)
"""Why lanes whose builds differ in more than weights have steps of their own."""


def choose_route(fitted: list[str], stepped: list[str]) -> Route:
    """The fastest way that is exact.

    Parameters
    ----------
    fitted, stepped
        Why only ``fit`` itself can train the model, and why batches have to come from the host.
    """
    if fitted:
        return Route("fitted", "; ".join(fitted))
    return Route("stepped", "; ".join(stepped)) if stepped else COMPILED


def find_step_reasons(
    callbacks: Callbacks, steps: Iterable[str], in_batches: bool, stored: Mapping[str, int]
) -> list[str]:
    """Why batches have to come from the host one by one; empty if they need not.

    Parameters
    ----------
    steps
        Names of the arguments that are given and count batches.
    in_batches
        Whether the data come from a source of batches.
    stored
        Names of arrays that stay on disk, and their bytes.
    """
    given = [f"{name} is given" for name in steps]
    if in_batches:
        given.insert(0, "the data come in batches")
    given += [
        f"{name} ({format_bytes(size)}) stays on disk, and its batches are read a few ahead"
        for name, size in stored.items()
    ]
    return [*callbacks.between_batches, *given]
