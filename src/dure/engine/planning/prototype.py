"""A variant's first build: what its lanes look like and what trains them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dure.core.types import Monitor
from dure.engine.fitting.shared_steps import OwnSteps, SharedSteps
from dure.engine.planning.routes import Route
from dure.engine.program.callbacks import Controller
from dure.engine.program.program import Program
from dure.experiment.variants import Variant
from dure.keras_bridge.functional import Lowered
from dure.keras_bridge.own_steps import read_settings

AnyProgram = Program | SharedSteps | OwnSteps
"""What trains lanes, one kind for each route."""


@dataclass
class Prototype:
    """The first build of a variant: its functions and what every other seed must look like.

    Attributes
    ----------
    alike
        Whether the lanes differ in nothing but numbers of their state; else each has steps of its
        own.
    """

    variant: Variant
    lowered: Lowered
    architecture: str
    draws_to_build: bool
    metrics: tuple[str, ...]
    monitor: Monitor
    controllers: list[Controller]
    route: Route
    alike: bool
    programs: dict[tuple[int, int], AnyProgram] = field(default_factory=dict)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What the classes of the user's own keep in Python; lanes that keep other things do other
        things."""
        return read_settings(self.lowered.model, drawn=True)

    @property
    def fingerprint(self) -> str:
        """A hash of the architecture."""
        return hashlib.sha256(self.architecture.encode()).hexdigest()
