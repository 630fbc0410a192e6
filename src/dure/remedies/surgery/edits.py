"""Edits: what a cure changes in a network's drawing or in its compile arguments.

Each is a small frozen dataclass: describable (for manifests), comparable, and applied the same way
for every seed. They name no layers by themselves but find their places in the drawing, so that
several fit together; `ORDER` says which goes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from dure.messages.message import Message, as_is, joined, say
from dure.remedies.surgery.model_config import (
    NORMALISERS,
    Blueprint,
    CannotEdit,
    Config,
    Spot,
    layers_before_output,
)
from dure.remedies.surgery.widths import UNITS, scalable

Stage = Literal[
    "replace", "activation", "width", "normalise", "drop", "penalty", "input", "compile"
]
ORDER: tuple[Stage, ...] = get_args(Stage)

FREE_HIDDEN = frozenset({"Dense", "Conv1D", "Conv2D", "Conv3D"})
"""Hidden layers whose activation, initialiser and place in the row may be changed freely."""
RECURRENT = frozenset({"SimpleRNN", "LSTM", "GRU"})


@dataclass(frozen=True)
class Edit:
    """A change to a network."""

    stage: ClassVar[Stage]

    def apply(self, drawing: Blueprint) -> Message:
        """Change the drawing in place and say in words what was changed.

        Raises
        ------
        CannotEdit
            There is no place in this network for it; the message says why.
        """
        raise NotImplementedError

    def compile(self, arguments: Config) -> Message:
        """Change what ``model.compile`` is called with, and say how; most edits leave it alone."""
        return as_is("")


@dataclass(frozen=True)
class AddDropout(Edit):
    """Dropout of `rate` behind every hidden dense or recurrent layer, else before the output."""

    rate: float
    stage = "drop"

    def apply(self, drawing: Blueprint) -> Message:
        hidden = [s.path for s in drawing.hidden() if s.kind in {"Dense", *RECURRENT}]
        places = [drawing.block_end(path) for path in hidden] or layers_before_output(drawing)
        added: list[str] = []
        changed: list[Message] = []
        for path in dict.fromkeys(places):
            following = _following(drawing, path)
            if following is not None and following.kind == "Dropout":
                before = f"{following.config['rate']:g}"
                changed.append(say("{layer} from {rate}", layer=following.path, rate=before))
                following.config["rate"] = self.rate
            else:
                drawing.insert_after(path, "Dropout", {"rate": self.rate})
                added.append(path)
        told, rate = [], f"{self.rate:g}"
        if added:
            told.append(say("Dropout({rate}) after {layers}", rate=rate, layers=_listed(added)))
        if changed:
            told.append(say("rate {rate} of {layers}", rate=rate, layers=_listed(changed)))
        return joined(told, "; ")


@dataclass(frozen=True)
class Penalise(Edit):
    """A penalty on the kernels of all layers, in place of any they had."""

    kind: Literal["L1", "L2"]
    strength: float
    stage = "penalty"

    def apply(self, drawing: Blueprint) -> Message:
        told = []
        for spot in drawing.spots():
            if "kernel_regularizer" in spot.config:
                spot.config["kernel_regularizer"] = {
                    "module": "keras.regularizers",
                    "class_name": self.kind,
                    "config": {self.kind.lower(): self.strength},
                    "registered_name": None,
                }
                told.append(spot.path)
        if not told:
            raise CannotEdit(say("it has no layer with a kernel to penalise"))
        penalty = f"{self.kind}({self.strength:g})"
        return say("{penalty} on the kernels of {layers}", penalty=penalty, layers=_listed(told))


@dataclass(frozen=True)
class ScaleWidth(Edit):
    """Hidden layers with `factor` times as many units or filters, at least one."""

    factor: float
    stage = "width"

    def apply(self, drawing: Blueprint) -> Message:
        told = []
        for path in scalable(drawing):
            spot = drawing.spot(path)
            argument = UNITS[spot.kind]
            before = int(spot.config[argument])
            after = max(1, round(before * self.factor))
            if after != before:
                spot.config[argument] = after
                given = {"before": f"{before}", "after": f"{after}"}
                told.append(say("{layer} {before} to {after}", layer=path, **given))
        if not told:
            raise CannotEdit(say("it has no hidden layer whose width is free to change"))
        return say("units or filters: {changes}", changes=_listed(told))


@dataclass(frozen=True)
class Normalise(Edit):
    """Normalisation between every hidden dense or convolutional layer and its activation.

    Layers are normalised that no normalisation follows yet. Recurrent layers are followed by
    layer normalisation (their activation is inside).
    """

    kind: Literal["BatchNormalization", "LayerNormalization"]
    stage = "normalise"

    def apply(self, drawing: Blueprint) -> Message:
        told = []
        for spot in drawing.hidden():
            following = _following(drawing, spot.path)
            if following is not None and following.kind in NORMALISERS:
                continue
            if spot.kind in FREE_HIDDEN:
                self._before_activation(drawing, spot)
            elif spot.kind in RECURRENT and self.kind == "LayerNormalization":
                drawing.insert_after(spot.path, self.kind, {})
            else:
                continue
            told.append(spot.path)
        if not told:
            raise CannotEdit(say("it has no hidden layer that is not normalised yet"))
        return say(
            "{kind} after {layers}, before its activation where it has one",
            kind=self.kind,
            layers=_listed(told),
        )

    def _before_activation(self, drawing: Blueprint, spot: Spot) -> None:
        activation = spot.config.get("activation") or "linear"
        if activation != "linear":
            spot.config["activation"] = "linear"
            drawing.insert_after(spot.path, "Activation", {"activation": activation})
        # Keras' own momentum of 0.99 follows the few batches of a small set too slowly.
        config = {"momentum": 0.9} if self.kind == "BatchNormalization" else {}
        drawing.insert_after(spot.path, self.kind, config)


@dataclass(frozen=True)
class Activate(Edit):
    """Another activation in hidden dense and convolutional layers.

    Parameters
    ----------
    name
        Of ``keras.activations``.
    instead
        Only these are exchanged.
    """

    name: str
    instead: tuple[str, ...]
    stage = "activation"

    def apply(self, drawing: Blueprint) -> Message:
        told = []
        last = drawing.output_paths()
        ends = {drawing.block_end(s.path) for s in drawing.hidden()}
        for spot in drawing.spots():
            hidden = spot.kind in FREE_HIDDEN and spot.path not in last
            alone = spot.kind == "Activation" and spot.path in ends
            if (hidden or alone) and spot.config.get("activation") in self.instead:
                spot.config["activation"] = self.name
                told.append(spot.path)
            elif spot.kind == "ReLU" and spot.path in ends and "relu" in self.instead:
                drawing.replace(spot.path, "Activation", {"activation": self.name})
                told.append(spot.path)
        if not told:
            raise CannotEdit(
                say("no hidden layer has {names} as activation", names=_either(self.instead))
            )
        return say(
            "{new} instead of {old} in {layers}",
            new=self.name,
            old=_either(self.instead),
            layers=_listed(told),
        )


@dataclass(frozen=True)
class Initialise(Edit):
    """First weights fit for the activation: He for relu, Glorot for the smooth ones.

    He, Zhang, Ren & Sun (2015), "Delving Deep into Rectifiers"; Glorot & Bengio (2010),
    "Understanding the difficulty of training deep feedforward neural networks".
    """

    stage = "activation"

    def apply(self, drawing: Blueprint) -> Message:
        told = []
        for spot in drawing.hidden():
            if spot.kind not in FREE_HIDDEN:
                continue
            wanted = "HeNormal" if _activation(drawing, spot) in _RECTIFIERS else "GlorotUniform"
            if (spot.config.get("kernel_initializer") or {}).get("class_name") == wanted:
                continue
            spot.config["kernel_initializer"] = {
                "module": "keras.initializers",
                "class_name": wanted,
                "config": {"seed": None},
                "registered_name": None,
            }
            told.append(say("{what} in {layer}", what=wanted, layer=spot.path))
        if not told:
            raise CannotEdit(
                say("its hidden layers have the initialiser for their activation already")
            )
        return _listed(told)


@dataclass(frozen=True)
class Recur(Edit):
    """Gated cells (LSTM, GRU) in place of every SimpleRNN."""

    kind: Literal["LSTM", "GRU"]
    stage = "replace"
    _KEPT: ClassVar[tuple[str, ...]] = (
        "units",
        "return_sequences",
        "go_backwards",
        "dropout",
        "recurrent_dropout",
        "trainable",
        "dtype",
        "kernel_regularizer",
        "recurrent_regularizer",
    )

    def apply(self, drawing: Blueprint) -> Message:
        told = []
        for spot in list(drawing.spots()):
            if spot.kind != "SimpleRNN" or spot.config.get("return_state"):
                continue
            config = {k: spot.config[k] for k in self._KEPT if k in spot.config}
            drawing.replace(spot.path, self.kind, config)
            told.append(spot.path)
        if not told:
            raise CannotEdit(say("it has no SimpleRNN"))
        return say(
            "{new} instead of {old} in {layers}",
            new=self.kind,
            old="SimpleRNN",
            layers=_listed(told),
        )


@dataclass(frozen=True)
class Augment(Edit):
    """Pictures turned, shifted and zoomed a little at random, or with noise, while training."""

    kind: Literal["move", "noise"]
    amount: float
    stage = "input"

    def apply(self, drawing: Blueprint) -> Message:
        if self.kind == "noise":
            drawing.insert_first("GaussianNoise", {"stddev": self.amount})
            return say("{layer} behind the input", layer=f"GaussianNoise({self.amount:g})")
        amount = [-self.amount, self.amount]
        # Inserted from the last to the first, each directly behind the input.
        drawing.insert_first("RandomZoom", {"height_factor": amount})
        drawing.insert_first("RandomTranslation", {"height_factor": amount, "width_factor": amount})
        turn = [-self.amount / 4, self.amount / 4]
        drawing.insert_first("RandomRotation", {"factor": turn})
        return say(
            "pictures turned by up to {degrees} degrees, shifted and zoomed by up to {share}, "
            "while training",
            degrees=f"{90 * self.amount:.0f}",
            share=f"{self.amount:.0%}",
        )


@dataclass(frozen=True)
class Rescale(Edit):
    """Inputs multiplied by a number in a layer behind the input."""

    scale: float
    stage = "input"

    def apply(self, drawing: Blueprint) -> Message:
        drawing.insert_first("Rescaling", {"scale": self.scale})
        return say("{layer} behind the input", layer=f"Rescaling({self.scale:.4g})")


@dataclass(frozen=True)
class Output(Edit):
    """The last activation and the loss that fit the targets."""

    activation: str
    loss: str
    stage = "replace"

    def apply(self, drawing: Blueprint) -> Message:
        outputs = drawing.output_paths()
        if len(outputs) != 1 or len(drawing.outputs()) != 1:
            raise CannotEdit(say("it has {number} outputs", number=str(len(drawing.outputs()))))
        path = outputs.pop()
        end = drawing.block_end(path)
        spots = [drawing.spot(p) for p in dict.fromkeys((path, end))]
        if any("activation" not in spot.config for spot in spots):
            kind = spots[-1].kind
            raise CannotEdit(say("its last layer is {kind}, not an activation by name", kind=kind))
        for spot in spots:
            spot.config["activation"] = "linear"
        spots[-1].config["activation"] = self.activation
        return say(
            "{activation} in {layer} with {loss}",
            activation=self.activation,
            layer=end,
            loss=self.loss,
        )

    def compile(self, arguments: Config) -> Message:
        arguments["loss"] = self.loss
        return as_is("")


_RECTIFIERS = frozenset({"relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "swish"})


def _activation(drawing: Blueprint, spot: Spot) -> str:
    """The name of the activation that a hidden layer's output goes through."""
    name = spot.config.get("activation") or "linear"
    end = drawing.spot(drawing.block_end(spot.path))
    if name != "linear" or end.path == spot.path:
        return str(name)
    return {"ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu"}.get(
        end.kind, str(end.config.get("activation", "linear"))
    )


def _following(drawing: Blueprint, path: str) -> Spot | None:
    """The only layer that reads a layer's output, within the same model."""
    outer, _, rest = path.partition("/")
    if rest:
        found = _following(drawing.inner[outer], rest)
        return None if found is None else Spot(f"{outer}/{found.path}", found.kind, found.config)
    users = drawing.users(path)
    if len(users) != 1 or users[0] in drawing.inner:
        return None
    return drawing.spot(users[0])


def _listed(names: Sequence[str]) -> Message:
    """All of up to four, else three and how many more."""
    if len(names) <= 4:
        return joined(names, ", ")
    first, more = joined(names[:3], ", "), str(len(names) - 3)
    return say("{names} and {number} more", names=first, number=more)


def _either(names: Sequence[str]) -> Message:
    """'a or b or c'."""
    told = as_is(names[0])
    for name in names[1:]:
        told = say("{one} or {other}", one=told, other=name)
    return told
