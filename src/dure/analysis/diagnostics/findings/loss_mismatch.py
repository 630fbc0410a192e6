"""Loss and last activation that do not fit: pairs that run without a word and should not.

The right pairs: a number, no activation and squared error; two classes, one sigmoid and binary
cross-entropy; many classes, softmax and categorical cross-entropy (Chollet 2021, "Deep Learning
with Python", table 6.1). With ``from_logits=True`` the last activation is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from dure.analysis.diagnostics.case import Case, Finding, Number
from dure.messages.message import Message, say
from dure.messages.phrases import describe_number

_SQUASHED = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "softmax": (0.0, 1.0)}
_SQUASHED |= {"tanh": (-1.0, 1.0), "hard_tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0)}
_FROM_ZERO = {"relu": 0.0, "relu6": 0.0, "softplus": 0.0, "exponential": 0.0}
_PROBABILITY = ("sigmoid", "hard_sigmoid", "softmax")
_MANY = (
    "categorical_crossentropy",
    "sparse_categorical_crossentropy",
    "categorical_focal_crossentropy",
)
_TWO = ("binary_crossentropy", "binary_focal_crossentropy")
_DISTANCES = (
    "mean_squared_error",
    "mean_absolute_error",
    "huber",
    "log_cosh",
    "mean_squared_logarithmic_error",
    "mean_absolute_percentage_error",
)
_MOST_CLASSES = 20
"""Whole numbers of more kinds than this, learned as one number, are rather amounts."""

_HINGES = ("hinge", "squared_hinge", "categorical_hinge")


class OutputLoss(NamedTuple):
    """One output with its loss and its targets, as the manifest's facts tell them."""

    loss: str
    logits: bool
    activation: str
    units: int
    kind: str
    classes: int
    low: float
    high: float

    @property
    def named(self) -> Message:
        """'sigmoid with binary_crossentropy(from_logits=True)'."""
        loss = f"{self.loss}{'(from_logits=True)' if self.logits else ''}"
        if self.activation == "linear":
            return say("no activation with {loss}", loss=loss)
        return say("{activation} with {loss}", activation=self.activation, loss=loss)


def find(case: Case) -> Iterator[Finding]:
    """The first thing that does not fit of each output of the network."""
    outputs = case.model.get("outputs", ())
    for output in outputs:
        pair = _pair(output, case.data.get("targets", {}), single=len(outputs) == 1)
        wrong = None if pair is None else why(pair)
        if pair is None or wrong is None:
            continue
        numbers: dict[str, Number] = {
            "loss": pair.loss,
            "activation": pair.activation,
            "units": pair.units,
            "from_logits": str(pair.logits),
            "constant": int(_is_constant(pair)),
        }
        which = str(output["name"]) if len(outputs) > 1 else None
        told = _describe(case.variant, which, pair, wrong)
        yield Finding("loss_mismatch", case.variant, None, case.of, case.of, told, numbers)


def _describe(variant: str, output: str | None, pair: OutputLoss, wrong: Message) -> Message:
    if output is None:
        return say(
            "{variant}: loss and last activation do not fit ({pair}): {wrong}",
            variant=variant,
            pair=pair.named,
            wrong=wrong,
        )
    return say(
        "{variant}: loss and last activation of output {output} do not fit ({pair}): {wrong}",
        variant=variant,
        output=output,
        pair=pair.named,
        wrong=wrong,
    )


def _pair(output: Mapping[str, Any], targets: Mapping[str, Any], single: bool) -> OutputLoss | None:
    if output.get("activation") is None or output.get("units") is None or output.get("own"):
        return None
    kind = str(targets.get("kind", "none")) if single else "unknown"
    return OutputLoss(
        loss=str(output["loss"]),
        logits=bool(output.get("from_logits")),
        activation=str(output["activation"]),
        units=int(output["units"]),
        kind=kind,
        classes=len(targets.get("labels") or ()) if single else 0,
        low=_number(targets.get("min")) if single else 0.0,
        high=_number(targets.get("max")) if single else 0.0,
    )


def _number(value: Any) -> float:
    return 0.0 if value is None else float(value)


def why(pair: OutputLoss) -> Message | None:
    """What is wrong with a pair and what to write instead; None where nothing is."""
    return next((told for rule in RULES if (told := rule(pair)) is not None), None)


def _is_constant(pair: OutputLoss) -> bool:
    return pair.units == 1 and (pair.activation == "softmax" or pair.loss in _MANY)


def _one_unit(pair: OutputLoss) -> Message | None:
    if pair.units != 1:
        return None
    if pair.activation == "softmax":
        return say(
            "a softmax over one unit is always 1, whatever the input, so nothing can be learned; "
            "use activation='sigmoid' for two classes, or a unit for each class."
        )
    if pair.loss in _MANY:
        return say(
            "with one unit this loss is always 0, so nothing can be learned; use a unit for each "
            "class with softmax, or 'sigmoid' with binary_crossentropy."
        )
    return None


def _twice(pair: OutputLoss) -> Message | None:
    if not pair.logits or pair.activation not in (*_SQUASHED, "relu", "relu6", "softplus"):
        return None
    again = "softmax" if pair.loss in _MANY else "sigmoid"
    return say(
        "from_logits=True applies a {again} by itself, so the {activation} comes before it and the "
        "network can never be sure; leave out either from_logits=True or the activation.",
        again=again,
        activation=pair.activation,
    )


def _no_probability(pair: OutputLoss) -> Message | None:
    if pair.logits or pair.loss not in (*_MANY, *_TWO) or pair.activation in _PROBABILITY:
        return None
    needed = "softmax" if pair.loss in _MANY else "sigmoid"
    known = ("linear", *_SQUASHED, *_FROM_ZERO, "leaky_relu", "elu", "selu", "gelu", "swish")
    if pair.activation not in (*known, "silu"):
        return None  # an activation of one's own may well give probabilities
    return say(
        "this loss takes probabilities, and what comes is cut to between 0 and 1, with no gradient "
        "beyond; set from_logits=True, or end with activation='{needed}'.",
        needed=needed,
    )


def _independent_units(pair: OutputLoss) -> Message | None:
    if pair.loss in _MANY and pair.activation in ("sigmoid", "hard_sigmoid"):
        return say(
            "each sigmoid answers by itself, and Keras divides them by their sum, for which they "
            "were not made; use activation='softmax'."
        )
    one_of_many = pair.kind == "one-hot" and pair.units > 1
    if pair.loss in _TWO and pair.activation == "softmax" and pair.units > 1 and one_of_many:
        return say(
            "binary cross-entropy judges every class by itself, a softmax shares one probability "
            "out; use categorical_crossentropy."
        )
    return None


def _distance_to_classes(pair: OutputLoss) -> Message | None:
    if pair.loss not in _DISTANCES or pair.kind not in ("classes", "one-hot"):
        return None
    if pair.activation in _PROBABILITY:
        right = (
            "binary_crossentropy"
            if pair.units == 1
            else (
                "categorical_crossentropy"
                if pair.kind == "one-hot"
                else "sparse_categorical_crossentropy"
            )
        )
        if pair.units == 1 and pair.classes > 2:
            return _as_number(pair)
        return say(
            "where the network is surely wrong this error has hardly a gradient (the activation is "
            "flat there), so mistakes are mended late; use {right}.",
            right=right,
        )
    # Classes -1 and 1 with squared error are least squares, as in Widrow & Hoff's Adaline.
    few = pair.classes <= _MOST_CLASSES
    if pair.units == 1 and pair.kind == "classes" and few and (pair.classes > 2 or pair.low >= 0):
        return _as_number(pair)
    return None


def _as_number(pair: OutputLoss) -> Message:
    if pair.classes <= 2:
        return say(
            "classes are learned as numbers, and right answers beyond 1 are punished too; use "
            "activation='sigmoid' with binary_crossentropy."
        )
    return say(
        "{classes} classes are learned as one number, as if class 2 lay between 1 and 3; if they "
        "are no amounts, use Dense({classes}, activation='softmax') with "
        "sparse_categorical_crossentropy.",
        classes=pair.classes,
    )


def _out_of_reach(pair: OutputLoss) -> Message | None:
    if pair.kind != "numbers" or pair.loss not in _DISTANCES:
        return None
    low, high = _SQUASHED.get(
        pair.activation, (_FROM_ZERO.get(pair.activation, float("-inf")), float("inf"))
    )
    spare = 1e-6 * max(1.0, abs(pair.low), abs(pair.high))
    if pair.low >= low - spare and pair.high <= high + spare:
        return None
    known = {
        "low": describe_number(pair.low),
        "high": describe_number(pair.high),
        "activation": pair.activation,
    }
    known["least"] = describe_number(low)
    if high == float("inf"):
        return say(
            "targets run from {low} to {high}, which {activation} ({least} to any size) cannot "
            "reach; leave the last activation out, or scale the targets.",
            **known,
        )
    return say(
        "targets run from {low} to {high}, which {activation} ({least} to {most}) cannot reach; "
        "leave the last activation out, or scale the targets.",
        **known,
        most=describe_number(high),
    )


def _hinge(pair: OutputLoss) -> Message | None:
    if pair.loss in _HINGES and pair.activation in _PROBABILITY:
        return say(
            "a hinge wants outputs beyond -1 and 1, and {activation} stays between 0 and 1; leave "
            "the last activation out.",
            activation=pair.activation,
        )
    return None


def _poisson(pair: OutputLoss) -> Message | None:
    if pair.loss == "poisson" and pair.activation not in ("softplus", "exponential", "relu"):
        if pair.activation in ("sigmoid", "hard_sigmoid", "softmax"):
            return None
        return say(
            "Poisson's loss takes the logarithm of the output, which must not be negative; end "
            "with activation='softplus' or 'exponential'."
        )
    return None


RULES: tuple[Callable[[OutputLoss], Message | None], ...] = (
    _one_unit,
    _twice,
    _no_probability,
    _independent_units,
    _distance_to_classes,
    _out_of_reach,
    _hinge,
    _poisson,
)
"""Each says why a pair is wrong, or None; the first that speaks is told."""
