"""Edits of the optimizer: another rate, a schedule, clipping. The network stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dure.messages.message import Message, as_is, say
from dure.remedies.surgery.edits import Edit
from dure.remedies.surgery.model_config import Blueprint, CannotEdit, Config

_FIRST = "initial_learning_rate"


@dataclass(frozen=True)
class Optimise(Edit):
    """A change to the optimizer's configuration; works for any model, subclassed ones too."""

    stage = "compile"

    def apply(self, drawing: Blueprint) -> Message:
        return as_is("")

    def compile(self, arguments: Config) -> Message:
        optimizer = arguments["optimizer"]
        config = optimizer.get_config()
        told = self.change(config)
        arguments["optimizer"] = type(optimizer).from_config(config)
        return told

    def change(self, config: Config) -> Message:
        """Change the optimizer's configuration in place, and say how."""
        raise NotImplementedError


@dataclass(frozen=True)
class Rate(Optimise):
    """A learning rate `factor` times as large; of a schedule, its first rate."""

    factor: float

    def change(self, config: Config) -> Message:
        rate = config["learning_rate"]
        if isinstance(rate, (int, float)):
            place, name = config, "learning_rate"
        elif _FIRST in rate.get("config", {}):
            place, name = rate["config"], _FIRST
        else:
            schedule = str(rate.get("class_name"))
            raise CannotEdit(
                say("its rate follows {schedule}, not one first number", schedule=schedule)
            )
        before = float(place[name])
        place[name] = _rounded(before * self.factor)
        return say(
            "learning rate {before} to {after}", before=f"{before:g}", after=f"{place[name]:g}"
        )


@dataclass(frozen=True)
class Cosine(Optimise):
    """The rate falls to 0 along half a cosine over `steps` steps (Loshchilov & Hutter 2017)."""

    steps: int

    def change(self, config: Config) -> Message:
        rate = config["learning_rate"]
        if not isinstance(rate, (int, float)):
            raise CannotEdit(say("its rate follows a schedule already"))
        config["learning_rate"] = {
            "module": "keras.optimizers.schedules",
            "class_name": "CosineDecay",
            "config": {_FIRST: _rounded(rate), "decay_steps": self.steps},
            "registered_name": None,
        }
        return say(
            "learning rate from {rate} to 0 along a cosine over {steps} steps",
            rate=f"{rate:g}",
            steps=str(self.steps),
        )


@dataclass(frozen=True)
class Clip(Optimise):
    """All gradients together scaled down to this norm (Pascanu, Mikolov & Bengio 2013)."""

    norm: float

    def change(self, config: Config) -> Message:
        clipped: list[Any] = [k for k in ("clipnorm", "clipvalue", "global_clipnorm") if config[k]]
        if clipped:
            raise CannotEdit(say("its optimizer has {argument} already", argument=clipped[0]))
        config["global_clipnorm"] = self.norm
        return say("gradients clipped to a global norm of {norm}", norm=f"{self.norm:g}")


def _rounded(rate: float) -> float:
    """Without the last figures, which float32 and the product left there."""
    return float(f"{rate:.6g}")
