"""Who trains a study: what parts that need a study trained are handed, so as not to know how."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from dure.experiment.spec import StudySpec


class StudyRunner(Protocol):
    """Trains every lane of a study and returns its run folder; `dure.training.run.run_study`."""

    def __call__(
        self,
        study: StudySpec,
        out: str | Path | None = None,
        progress: bool = True,
        resume: bool = False,
    ) -> Path:
        """Train what is not trained yet; arguments as those of `Study.run`."""
        ...
