"""Which cures answer which finding: the table, and the reasons that are told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dure.data.dataset import Data
from dure.messages.message import say
from dure.remedies.remedy import Cure, Side
from dure.remedies.surgery.compile_edits import Clip, Cosine, Rate
from dure.remedies.surgery.edits import (
    Activate,
    AddDropout,
    Augment,
    Initialise,
    Normalise,
    Output,
    Penalise,
    Recur,
    Rescale,
    ScaleWidth,
)

SMOOTH = ("sigmoid", "tanh", "hard_sigmoid", "softsign")


@dataclass(frozen=True)
class CatalogFacts:
    """What the table needs to know of a study besides its network.

    Attributes
    ----------
    data
        The study's data.
    steps
        Training steps in all epochs.
    output_units
        Width of the network's single output; None where it has several or it is not known.
    """

    data: Data
    steps: int
    output_units: int | None = None


def all_cures(facts: CatalogFacts) -> dict[str, Cure]:
    """Every cure there is, by name; those that do not suit these data are not in it."""
    cures = [*_against_overfitting(), *_for_gradients(), *_for_the_rate(facts), *_for_data(facts)]
    return {cure.name: cure for cure in cures}


def _against_overfitting() -> list[Cure]:
    dropout = say("units that are left out at random cannot lean on one another")
    small = say("large weights are what learns single rows by heart; a penalty keeps them small")
    width = say("fewer units leave less room to learn rows by heart")
    return [
        *(Cure(f"dropout {r:g}", "dropout", (AddDropout(r),), why=dropout) for r in (0.2, 0.5)),
        *(Cure(f"L2 {s:g}", "penalty", (Penalise("L2", s),), why=small) for s in _STRENGTHS),
        *(Cure(f"L1 {s:g}", "penalty", (Penalise("L1", s),), why=small) for s in _STRENGTHS),
        Cure("half the units", "width", (ScaleWidth(0.5),), why=width),
        Cure("a quarter of the units", "width", (ScaleWidth(0.25),), why=width),
        Cure(
            "twice the units",
            "width",
            (ScaleWidth(2.0),),
            why=say("training loss is still high or falling: more units can hold more"),
        ),
    ]


_STRENGTHS = (1e-4, 1e-3, 1e-2)


def _for_gradients() -> list[Cure]:
    normal = say(
        "layers whose inputs keep mean and spread are easier to train, whatever lies before"
    )
    gated = say("a gated cell carries its gradient over many steps, a SimpleRNN loses it")
    return [
        Cure("batch normalisation", "normalise", (Normalise("BatchNormalization"),), why=normal),
        Cure("layer normalisation", "normalise", (Normalise("LayerNormalization"),), why=normal),
        Cure(
            "fitting initialiser",
            "initialiser",
            (Initialise(),),
            why=say(
                "He (relu) and Glorot (tanh, sigmoid) keep the spread of signals from layer to "
                "layer"
            ),
        ),
        Cure(
            "relu",
            "activation",
            (Activate("relu", SMOOTH),),
            why=say("relu passes the gradient on whole where sigmoid and tanh are flat"),
        ),
        Cure(
            "leaky relu",
            "activation",
            (Activate("leaky_relu", ("relu",)),),
            why=say("a unit that leaks below 0 has a gradient there and cannot die"),
        ),
        Cure("LSTM", "cell", (Recur("LSTM"),), why=gated),
        Cure("GRU", "cell", (Recur("GRU"),), why=gated),
        Cure(
            "clip norm 1",
            "clip",
            (Clip(1.0),),
            why=say("one huge gradient can no longer throw the weights away"),
        ),
    ]


def _for_the_rate(facts: CatalogFacts) -> list[Cure]:
    slow = say("steps that are too large jump over what they look for")
    fast = say("the loss falls so slowly that larger steps would get further")
    return [
        Cure("rate x0.1", "rate", (Rate(0.1),), why=slow),
        Cure("rate x0.3", "rate", (Rate(0.3),), why=slow),
        Cure("rate x3", "rate", (Rate(3.0),), why=fast),
        Cure("rate x10", "rate", (Rate(10.0),), why=fast),
        Cure(
            "cosine schedule",
            "rate",
            (Cosine(facts.steps),),
            why=say("large steps at first, small ones at the end"),
        ),
    ]


def _for_data(facts: CatalogFacts) -> list[Cure]:
    data, cures = facts.data, []
    numbers = isinstance(data.x, np.ndarray) and data.x.dtype.kind in "fiu"
    if numbers and data.kind == "image":
        cures += _for_pictures(data.x)
    elif numbers and data.kind in ("tabular", "series") and data.x.dtype.kind == "f":
        cures.append(
            Cure(
                "scaled inputs",
                "scale",
                side=Side(standardise=True),
                why=say(
                    "features of equal spread are learned at one pace; scaled by training rows, "
                    "inside every fold"
                ),
            )
        )
    return [*cures, *_for_targets(facts)]


def _for_pictures(x: np.ndarray) -> list[Cure]:
    high = float(np.abs(x).max())
    more = say("every epoch sees other pictures of the same things")
    cures = [Cure("move pictures", "augment", (Augment("move", 0.1),), why=more)]
    spread = round(0.2 * float(x.std()), 3)
    if spread > 0:
        cures.append(Cure("noise", "noise", (Augment("noise", spread),), why=more))
    if high > 2:
        why = say(
            "pixels reach {high}; networks begin with weights made for inputs about 1",
            high=f"{high:g}",
        )
        cures.append(Cure("scaled inputs", "scale", (Rescale(1 / high),), why=why))
    return cures


def _for_targets(facts: CatalogFacts) -> list[Cure]:
    labels, cures = facts.data.labels, []
    if labels is not None and labels.min() >= 0:
        # scikit-learn's "balanced": rows / (classes * rows of the class).
        classes, counts = np.unique(labels, return_counts=True)
        weights = len(labels) / (len(classes) * counts)
        pairs = tuple((int(c), round(float(w), 4)) for c, w in zip(classes, weights, strict=True))
        why = say(
            "a rare class counts as much as a common one; the loss over all rows may well rise"
        )
        cures.append(Cure("class weights", "weights", side=Side(class_weight=pairs), why=why))
    output = right_output(facts)
    if output is not None:
        why = say("the pair of last activation and loss that these targets ask for")
        cures.append(Cure("fitting loss", "loss", (output,), why=why))
    return cures


def right_output(facts: CatalogFacts) -> Output | None:
    """The last activation and loss that fit the targets; None where that is not plain."""
    y, labels, units = facts.data.y, facts.data.labels, facts.output_units
    if not isinstance(y, np.ndarray) or units is None or y.ndim > 2:
        return None
    wide = y.shape[1] if y.ndim == 2 else 1
    if labels is None:
        fits = facts.data.task == "regression" and wide == units
        return Output("linear", "mean_squared_error") if fits else None
    if wide > 1:
        return Output("softmax", "categorical_crossentropy") if wide == units else None
    low, high = int(labels.min()), int(labels.max())
    if units == 1:
        return Output("sigmoid", "binary_crossentropy") if (low, high) == (0, 1) else None
    inside = low >= 0 and high < units
    return Output("softmax", "sparse_categorical_crossentropy") if inside else None


ANSWERS: dict[str, tuple[str, ...]] = {
    "overfitting": (
        "dropout 0.5",
        "L2 0.001",
        "half the units",
        "move pictures",
        "dropout 0.2",
        "batch normalisation",
        "L2 0.01",
        "L1 0.0001",
        "a quarter of the units",
        "noise",
        "L2 0.0001",
        "L1 0.001",
        "L1 0.01",
    ),
    "underfitting": ("rate x3", "twice the units", "rate x10", "batch normalisation"),
    "vanishing_gradient": (
        "relu",
        "GRU",
        "LSTM",
        "batch normalisation",
        "fitting initialiser",
        "layer normalisation",
        "rate x10",
    ),
    "exploding_gradient": (
        "clip norm 1",
        "rate x0.1",
        "fitting initialiser",
        "GRU",
        "layer normalisation",
        "batch normalisation",
        "LSTM",
    ),
    "dead_units": ("leaky relu", "rate x0.3", "fitting initialiser", "batch normalisation"),
    "saturated_units": (
        "scaled inputs",
        "relu",
        "batch normalisation",
        "fitting initialiser",
        "rate x0.3",
    ),
    "rate_too_high": ("rate x0.3", "rate x0.1", "cosine schedule", "clip norm 1"),
    "rate_too_low": ("rate x10", "rate x3"),
    "layer_not_learning": (
        "fitting initialiser",
        "batch normalisation",
        "relu",
        "rate x3",
        "leaky relu",
    ),
    "nan": ("rate x0.1", "clip norm 1", "scaled inputs", "fitting loss", "rate x0.3"),
    "inputs_not_scaled": ("scaled inputs", "batch normalisation"),
    "classes_unbalanced": ("class weights",),
    "loss_mismatch": ("fitting loss",),
    "not_beating_chance": (
        "fitting loss",
        "scaled inputs",
        "rate x10",
        "rate x0.1",
        "relu",
        "fitting initialiser",
        "batch normalisation",
    ),
    "odd_seed": ("rate x0.3", "clip norm 1", "fitting initialiser", "cosine schedule"),
}
"""Kind of finding to names of cures, the likeliest first."""

GENERAL = ("dropout 0.2", "L2 0.0001", "rate x0.3")
"""The cheapest cures of all, for a network that nothing is known to ail."""
