"""The whole report of a study, or of two: what the page, the terminal and the notebook show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from dure import __version__
from dure._errors import DureError
from dure._said import Said, as_is, joined, say
from dure._tables import source_of
from dure._text import count
from dure._types import DIMS
from dure.evidence.overfitting import Overfitting
from dure.report import compared, curves, findings, overfitting, study
from dure.report.content import Document, Prose, Section
from dure.report.known import STEPS, Known, Tell, silent
from dure.report.verdict import verdict
from dure.result import Result


def document(
    result: Result,
    other: Result | None = None,
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
        from dure.report.two import two_studies

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


def sections(known: Known, cure: Path | None) -> Iterator[Section]:
    """Every section in order, each made even if another cannot be."""
    result = known.result
    turns = known.overfitting if isinstance(known.overfitting, Overfitting) else None
    yield guarded("curves", say("Curves"), lambda: curves.section(result, turns))
    yield guarded(
        "comparison",
        say("Comparison"),
        lambda: compared.section(result, known.comparison, known.remark),
    )
    yield guarded("overfitting", say("Overfitting"), lambda: overfitting.section(known.overfitting))
    yield guarded("findings", say("Findings"), lambda: findings.section(result, known.health))
    if cure is not None:
        yield guarded("cures", say("Cures"), lambda: cures(cure))
    yield guarded("inside", say("Inside the networks"), lambda: inside(result))
    yield guarded("study", say("The study"), lambda: study.section(result))


def guarded(key: str, title: Said, make: Callable[[], Section]) -> Section:
    """A section, or one that says why it cannot be made."""
    try:
        return make()
    except DureError as error:
        return Section(key, title, (Prose(as_is(str(error)), "warning"),))


def cures(folder: Path) -> Section:
    """What the search for cures in a folder found."""
    from dure.report.cures import section

    return section(folder)


def inside(result: Result) -> Section:
    """What `dure look` measured inside the networks."""
    from dure.report.inside.section import section

    return section(result.folder / "lens", result)


def subtitle(result: Result) -> Said:
    """Data, sizes, and when it was started."""
    sizes = joined([count(result.curves.sizes[dim], dim) for dim in DIMS], " × ")
    created = str(result.manifest.get("created") or "")[:10]
    return joined((source_of(result), sizes, as_is(created)), " · ")


def banner(result: Result) -> Said | None:
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


def footer() -> Said:
    """By what the page was made."""
    return say("Made by Dure {version}.", version=__version__)
