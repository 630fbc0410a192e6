"""The whole report of a study, or of two: what the page, the terminal and the notebook show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dure.analysis.comparison.compare import compare
from dure.analysis.comparison.pairing import find_penalised
from dure.analysis.comparison.sequential import Sequential
from dure.analysis.comparison.table import Comparison
from dure.analysis.diagnostics import health
from dure.analysis.diagnostics.health import Health
from dure.analysis.diagnostics.number_names import number_cells
from dure.analysis.overfitting.model import Overfitting
from dure.analysis.overfitting.overfitting import measure as measure_overfitting
from dure.blocks.content import Block, Bullets, Card, Document, Folded, Prose, Section, footer
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count, join_list
from dure.report.banner import banner, subtitle
from dure.report.facts import (
    ProgressListener,
    StudyFacts,
    any_trained,
    ignore_progress,
    measure_or_explain,
)
from dure.report.inspection import section as inspection
from dure.report.sections import comparison, curves, findings, overfitting, remedies, study
from dure.report.sections.guard import make_section
from dure.report.two_studies import TwoStudies
from dure.report.verdict import verdict
from dure.results.run_result import RunResult

STEPS = 4
"""What a report of one study takes: overfitting, comparison, findings, and the pages' blocks."""

_MOST_CARDS = 10  # findings shown before the rest is folded away
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
    yield make_section(
        "findings", say("Findings"), lambda: findings.section(result, _findings(facts.health))
    )
    if cure is not None:
        yield _cures(cure)
    yield make_section(
        "inside",
        say("Inside the networks"),
        lambda: inspection.section(result.folder / "lens", result),
    )
    yield make_section("study", say("The study"), lambda: study.section(result))


def _findings(found: Health | Message) -> list[Block]:
    """What was found, the worst first; what was left out and could not be looked for."""
    if isinstance(found, Message):
        return [Prose(found)]
    lead = health.describe_found(found) if found.findings else health.describe_nothing(found)
    cards = tuple(
        Card(health.title_of(finding), finding.sentence, number_cells(finding))
        for finding in found.findings
    )
    blocks: list[Block] = [Prose(lead), *cards[:_MOST_CARDS]]
    if more := cards[_MOST_CARDS:]:
        blocks.append(Folded(say("{findings} more", findings=count(len(more), "finding")), more))
    if not found.lanes:
        return [Prose(lead)]
    rest = (*map(health.describe_left_out, found.silenced), *health.describe_missing(found.missing))
    if rest:
        blocks.append(Folded(say("Left out, and not looked for"), (Bullets(rest, "note"),)))
    if (single := health.describe_single(found)) is not None:
        blocks.append(Prose(single, "note"))
    return blocks


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


# -- what is measured ----------------------------------------------------------------------------


@dataclass(frozen=True)
class MeasuredStudy(StudyFacts):
    """A study with all that was looked for in its networks."""

    health: Health | Message


def measure_study(
    result: RunResult,
    baseline: str | None,
    metric: str | None,
    rope: float | None,
    progress: ProgressListener,
) -> MeasuredStudy:
    """Measure a study; arguments are those of `Result.compare`, and `progress` of `document`."""
    progress("overfitting", 0, STEPS)
    turns = _overfitting(result)
    rows = turns if isinstance(turns, Overfitting) else None
    metric, remark = fair_metric([result], metric)
    progress("comparison", 1, STEPS)
    compared = _comparison(result, baseline or _plain_variant(result), metric, rope)
    progress("findings", 2, STEPS)
    ills = measure_or_explain(lambda: health.measure(result, rows))
    found = ills.findings if isinstance(ills, Health) and ills.lanes else None
    return MeasuredStudy(result, compared, remark, turns, found, ills)


def fair_metric(
    results: Sequence[RunResult], metric: str | None
) -> tuple[str | None, Message | None]:
    """What to compare the variants of these results by, and why where it is not the monitor.

    Keras counts L1 and L2 penalties into the loss. Where some variants have them and others not,
    the monitored loss would call the penalty itself a fault; another monitored metric is free of
    it. A metric that was asked for stays.
    """
    loss = results[0].monitor.name
    prefix, _, base = loss.rpartition("_")
    if (
        metric is not None
        or base != "loss"
        or any(Sequential.of_manifest(r.manifest) is not None for r in results)
    ):
        return metric, None
    names = [as_is(name) for name in dict.fromkeys(find_penalised(results))]
    start = f"{prefix}_" if prefix else ""
    others = [
        name
        for name in map(str, results[0].curves)
        if name.startswith(start)
        and name != loss
        and all(name in r.curves for r in results)
        and (start or not name.startswith("val_"))
    ]
    if not others or not names:
        return None, None
    return others[0], say(
        "Compared by {metric}, since {loss} of {names} holds an L1 or L2 penalty and that of the "
        "others does not.",
        metric=others[0],
        loss=loss,
        names=join_list(names),
    )


def _plain_variant(result: RunResult) -> str | None:
    """The variant that is `build` without any argument: what the others are to be compared with.

    Fewer comparisons need fewer seeds. None where there is no such variant, or only two in all.
    """
    variants = (result.manifest.get("study") or {}).get("variants") or {}
    plain = [name for name, arguments in variants.items() if not arguments]
    there = [name for name in plain if name in result.variants]
    return there[0] if len(there) == 1 and len(result.variants) > 2 else None


def _comparison(
    result: RunResult, baseline: str | None, metric: str | None, rope: float | None
) -> Comparison | Message:
    if len(result.variants) < 2:
        return say(
            "There is one variant only, and nothing to compare it with: give the study variants, "
            "or compare it with a second run."
        )
    if not any_trained(result):
        return say("No lane has come to its end, so there is nothing to compare yet.")
    return measure_or_explain(lambda: compare(result, metric, baseline, None, rope=rope))


def _overfitting(result: RunResult) -> Overfitting | Message:
    if not any_trained(result):
        return say("No lane has come to its end, so where it overfits cannot be told yet.")
    if not any(str(name).startswith("val_") for name in result.curves):
        return say(
            "This run held no rows for validation, so overfitting cannot be seen: give the study "
            "validation_split=0.2, folds=5 or validation_data."
        )
    return measure_or_explain(lambda: measure_overfitting(result))
