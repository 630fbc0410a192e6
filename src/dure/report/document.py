"""The whole report of a study, or of two: what the page, the terminal and the notebook show."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from dure.analysis.comparison.compare import compare
from dure.blocks.content import Document, Section, footer
from dure.messages.message import as_is, joined, say
from dure.messages.phrases import count
from dure.report.banner import banner, subtitle
from dure.report.facts import (
    ProgressListener,
    ignore_progress,
    measure_or_explain,
)
from dure.report.inspection import section as inspection
from dure.report.measure import STEPS, MeasuredStudy, fair_metric, measure_study
from dure.report.sections import comparison, curves, findings, overfitting, remedies, study
from dure.report.sections.guard import make_section
from dure.report.two_studies import TwoStudies
from dure.report.verdict import verdict
from dure.results.run_result import RunResult

MOST = 20_000
"""Lanes times epochs up to which a notebook shows all of a report: about two seconds."""


def document(
    result: RunResult,
    other: RunResult | None = None,
    *,
    baseline: str | None = None,
    metric: str | None = None,
    rope: float | None = None,
    cure: Path | None = None,
    tell: ProgressListener = ignore_progress,
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
    if other is None:
        facts = measure_study(result, baseline, metric, rope, tell)
        tell("sections", STEPS - 1, STEPS)
        cured = None if cure is None else measure_or_explain(lambda: remedies.verdict(cure))
        return Document(
            title=result.name,
            subtitle=subtitle(result),
            verdict=verdict(facts, cured),
            sections=tuple(_sections(facts, cure)),
            banner=banner(result),
            footer=footer(),
            source=(str(result.folder),),
        )
    metric, remark = fair_metric([result, other], metric)
    one, two = (
        measure_study(each, None, metric, None, partial(_tell_part, tell, place))
        for place, each in enumerate((result, other))
    )
    found = measure_or_explain(lambda: compare(result, metric, baseline, other, rope=rope))
    each = [tuple(_sections(facts, None)) for facts in (one, two)]
    cures = None if cure is None else _cures(cure)
    return TwoStudies((one, two), found, remark, metric).document(each, cures)


def _tell_part(tell: ProgressListener, place: int, label: str, done: int, total: int) -> None:
    """Tells of one study of both."""
    tell(label, place * total + done, 2 * total)


def _sections(facts: MeasuredStudy, cure: Path | None) -> Iterator[Section]:
    """Every section in order, each made even if another cannot be."""
    result = facts.result
    yield make_section("curves", say("Curves"), lambda: curves.section(result, facts.overfitting))
    yield make_section(
        "comparison",
        say("Comparison"),
        lambda: comparison.section(result, facts.comparison, facts.remark),
    )
    yield make_section(
        "overfitting", say("Overfitting"), lambda: overfitting.section(facts.overfitting)
    )
    yield make_section("findings", say("Findings"), lambda: findings.section(result, facts.health))
    if cure is not None:
        yield _cures(cure)
    yield make_section(
        "inside",
        say("Inside the networks"),
        lambda: inspection.section(result.folder / "lens", result),
    )
    yield make_section("study", say("The study"), lambda: study.section(result))


def _cures(folder: Path) -> Section:
    return make_section("cures", say("Cures"), lambda: remedies.section(folder))


def document_for_notebook(result: RunResult) -> Document:
    """What a notebook shows at once: of a large result curves and means only."""
    lanes, epochs = len(result.lanes), int(result.curves.sizes["epoch"])
    if lanes * epochs <= MOST:
        return document(result)
    why = say(
        "With {lanes} of {epochs} the whole report takes a while, so these are curves and means; "
        "for all of it: dure report {run}",
        lanes=count(lanes, "lane"),
        epochs=count(epochs, "epoch"),
        run=as_is(str(result.folder)),
    )
    return Document(
        title=result.name,
        subtitle=subtitle(result),
        verdict=(),
        sections=(
            make_section("curves", say("Curves"), lambda: curves.section(result)),
            make_section("study", say("The study"), lambda: study.section(result)),
        ),
        banner=joined((banner(result) or "", why)),
        footer=footer(),
        source=(str(result.folder),),
    )
