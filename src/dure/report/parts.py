"""TODO."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from dure.analysis.overfitting.overfitting import Overfitting
from dure.blocks.content import Prose, Section
from dure.core.types import DIMS
from dure.errors import DureError
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count
from dure.report.facts import Known
from dure.report.sections import comparison, curves, findings, overfitting, study
from dure.results.run_result import RunResult
from dure.results.summary import source_of


def sections(known: Known, cure: Path | None) -> Iterator[Section]:
    """Every section in order, each made even if another cannot be."""
    result = known.result
    turns = known.overfitting if isinstance(known.overfitting, Overfitting) else None
    yield guarded("curves", say("Curves"), lambda: curves.section(result, turns))
    yield guarded(
        "comparison",
        say("Comparison"),
        lambda: comparison.section(result, known.comparison, known.remark),
    )
    yield guarded("overfitting", say("Overfitting"), lambda: overfitting.section(known.overfitting))
    yield guarded("findings", say("Findings"), lambda: findings.section(result, known.health))
    if cure is not None:
        yield guarded("cures", say("Cures"), lambda: cures(cure))
    yield guarded("inside", say("Inside the networks"), lambda: inside(result))
    yield guarded("study", say("The study"), lambda: study.section(result))


def guarded(key: str, title: Message, make: Callable[[], Section]) -> Section:
    """A section, or one that says why it cannot be made."""
    try:
        return make()
    except DureError as error:
        return Section(key, title, (Prose(as_is(str(error)), "warning"),))


def cures(folder: Path) -> Section:
    """What the search for cures in a folder found."""
    from dure.report.sections.remedies import section

    return section(folder)


def inside(result: RunResult) -> Section:
    """What `dure look` measured inside the networks."""
    from dure.report.inspection.section import section

    return section(result.folder / "lens", result)


def subtitle(result: RunResult) -> Message:
    """Data, sizes, and when it was started."""
    sizes = joined([count(result.curves.sizes[dim], dim) for dim in DIMS], " × ")
    created = str(result.manifest.get("created") or "")[:10]
    return joined((source_of(result), sizes, as_is(created)), " · ")


def banner(result: RunResult) -> Message | None:
    """What must be known before all else: lanes still to be trained, lanes lost."""
    kinds = [status.kind for status in result.statuses]
    done = sum(status.done for status in result.statuses)
    parts = []
    if done < len(kinds):
        ran = int(result.lanes["epochs"].sum())
        of = len(kinds) * result.curves.sizes["epoch"]
        parts.append(
            say(
                "Training is not over: {done} of {lanes} done, {ran} of {epochs}; all below is of "
                "what there is so far.",
                done=f"{done:,}",
                lanes=count(len(kinds), "lane"),
                ran=f"{ran:,}",
                epochs=count(of, "epoch"),
            )
        )
    diverged, failed = (kinds.count(kind) for kind in ("diverged", "failed"))
    if diverged:
        told = count(diverged, "lane")
        parts.append(say("Diverged: {lanes} of {of}.", lanes=told, of=f"{len(kinds):,}"))
    if failed:
        told = count(failed, "lane")
        parts.append(say("Failed: {lanes} of {of}.", lanes=told, of=f"{len(kinds):,}"))
    return joined(parts) if parts else None
