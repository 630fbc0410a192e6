"""The report of two studies: compared with each other, and the rest side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dure.analysis.comparison.compare import Comparison, compare
from dure.analysis.comparison.pairing import lanes_of
from dure.analysis.overfitting.overfitting import Overfitting
from dure.blocks.content import Beside, Block, Document, Prose, Section, footer
from dure.errors import DureError
from dure.messages.message import Message, as_is, joined, say
from dure.report import parts
from dure.report.facts import Known, Tell, fair_metric, or_why, silent
from dure.report.sections import comparison, curves
from dure.report.verdict import compared as compared_in_short
from dure.report.verdict import leader, value
from dure.results.run_result import RunResult


def two_studies(
    result: RunResult,
    other: RunResult,
    *,
    baseline: str | None = None,
    metric: str | None = None,
    rope: float | None = None,
    cure: Path | None = None,
    tell: Tell = silent,
) -> Document:
    """What `dure.report.document.document` says of two results."""
    metric, remark = fair_metric([result, other], metric)
    studies = [
        Known.of(each, metric=metric, tell=partial(_tell_part, tell, place))
        for place, each in enumerate((result, other))
    ]
    found = or_why(lambda: compare(result, metric, baseline, other, rope=rope))
    runs = run_names((result, other))
    banners = [
        joined((as_is(f"{run}:"), told))
        for run, each in zip(runs, (result, other), strict=True)
        if (told := parts.banner(each)) is not None
    ]
    return Document(
        title=f"{runs[0]} · {runs[1]}",
        subtitle=joined((parts.subtitle(result), parts.subtitle(other)), " | "),
        verdict=_verdict(found, remark, studies, runs),
        sections=_sections(found, remark, studies, runs, metric, cure),
        banner=joined(banners) if banners else None,
        footer=footer(),
        source=(str(result.folder), str(other.folder)),
    )


def _tell_part(tell: Tell, place: int, label: str, done: int, total: int) -> None:
    """Tells of one study of both."""
    tell(label, place * total + done, 2 * total)


def run_names(results: Sequence[RunResult]) -> list[str]:
    """What each run is called: its name, or its folder where both have the same."""
    for names in (
        [result.name for result in results],
        [result.folder.name for result in results],
    ):
        if len(set(names)) == len(names):
            return names
    return [str(result.folder) for result in results]


def _verdict(
    found: Comparison | Message,
    remark: Message | None,
    studies: Sequence[Known],
    runs: Sequence[str],
) -> tuple[Message, ...]:
    """The comparison of both, and of each its best variant with the value."""
    said = [found] if isinstance(found, Message) else list(compared_in_short(found))
    said += [] if remark is None else [remark]
    prints = [(known.result.manifest.get("data") or {}).get("fingerprint") for known in studies]
    if prints[0] != prints[1]:
        told = say("They were trained on different data, so a difference may come from the data.")
        said.append(told)
    for known, run in zip(studies, runs, strict=True):
        first = leader(known)
        if first is None:
            said.append(say("{run}: no lane has come to its end yet.", run=run))
            continue
        metric = found.metric if isinstance(found, Comparison) else known.result.monitor.name
        said += [joined((as_is(f"{run}:"), told)) for told in value(known.result, first, metric)]
    return tuple(said)


def _sections(
    found: Comparison | Message,
    remark: Message | None,
    studies: Sequence[Known],
    runs: Sequence[str],
    metric: str | None,
    cure: Path | None,
) -> tuple[Section, ...]:
    title = say("Comparison")
    together = [
        parts.guarded("curves", say("Curves"), lambda: _curves(studies, runs, metric)),
        parts.guarded("comparison", title, lambda: _compared(found, remark, studies, runs, title)),
    ]
    each = [list(parts.sections(known, None)) for known in studies]
    beside = []
    for one, two in zip(*each, strict=True):
        if one.key not in ("curves", "comparison"):
            columns = ((runs[0], one.blocks), (runs[1], two.blocks))
            beside.append(Section(one.key, one.title, (Beside(columns),)))
    if cure is not None:
        section = parts.guarded("cures", say("Cures"), lambda: parts.cures(cure))
        place = [section.key for section in beside].index("inside")
        beside.insert(place, section)
    return (*together, *beside)


def _curves(studies: Sequence[Known], runs: Sequence[str], metric: str | None) -> Section:
    """One picture with the variants of both, and their summaries side by side."""
    names = _names(studies, runs, metric)
    parts = [
        curves.Part.of(
            known.result,
            known.overfitting if isinstance(known.overfitting, Overfitting) else None,
            own,
        )
        for known, own in zip(studies, names, strict=True)
    ]
    drawn = curves.block(parts)
    first: Block = (
        Prose(say("The runs have no metric in common whose curves could be drawn together."))
        if drawn is None
        else drawn
    )
    columns = tuple(
        (run, tuple(curves.summary(known.result))) for run, known in zip(runs, studies, strict=True)
    )
    return Section("curves", say("Curves"), (first, Beside(columns)))


def _names(
    studies: Sequence[Known], runs: Sequence[str], metric: str | None
) -> list[tuple[str, ...]]:
    """By study its variants as the comparison names them."""
    one, two = (known.result for known in studies)
    try:
        names = lanes_of(one, two, metric).names
    except DureError:  # nothing to pair, but still to be told apart
        names = tuple(
            f"{run}: {variant}"
            for run, known in zip(runs, studies, strict=True)
            for variant in known.result.variants
        )
    return [names[: len(one.variants)], names[len(one.variants) :]]


def _compared(
    found: Comparison | Message,
    remark: Message | None,
    studies: Sequence[Known],
    runs: Sequence[str],
    title: Message,
) -> Section:
    blocks = [Prose(found)] if isinstance(found, Message) else comparison.comparison(found, remark)
    columns = tuple(
        (run, tuple(comparison.means(known.result)))
        for run, known in zip(runs, studies, strict=True)
    )
    return Section("comparison", title, (*blocks, Beside(columns)))
