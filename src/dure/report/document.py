"""The whole report of a study, or of two: what the page, the terminal and the notebook show."""

from __future__ import annotations

from pathlib import Path

from dure.blocks.content import Document, footer
from dure.report.facts import STEPS, Known, Tell, silent
from dure.report.parts import banner, sections, subtitle
from dure.report.verdict import verdict
from dure.results.run_result import RunResult


def document(
    result: RunResult,
    other: RunResult | None = None,
    *,
    baseline: str | None = None,
    metric: str | None = None,
    rope: float | None = None,
    cure: Path | None = None,
    tell: Tell = silent,
) -> Document:
    """All that can be said of a result, finished or half-way through training.

    Parameters
    ----------
    other
        A second result: both are compared, the rest stands side by side.
    baseline, metric, rope
        As in `Result.compare`, for the comparison.
    cure
        A folder of a search for cures that belongs to it.
    tell
        Hears what comes next, how much is done and how much there is: of many lanes it takes long.

    Returns
    -------
    A document without any error: what cannot be told says why in its place.
    """
    if other is not None:
        from dure.report.two_studies import two_studies

        asked = {"baseline": baseline, "metric": metric}
        return two_studies(result, other, **asked, rope=rope, cure=cure, tell=tell)
    known = Known.of(result, baseline, metric, rope, tell)
    tell("sections", STEPS - 1, STEPS)
    return Document(
        title=result.name,
        subtitle=subtitle(result),
        verdict=verdict(known, cure),
        sections=tuple(sections(known, cure)),
        banner=banner(result),
        footer=footer(),
        source=(str(result.folder),),
    )
