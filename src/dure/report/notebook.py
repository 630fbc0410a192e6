"""The report in a notebook, where it must not keep anyone waiting."""

from __future__ import annotations

from dure.blocks.content import Document, footer
from dure.messages.message import as_is, joined, say
from dure.messages.phrases import count
from dure.report.document import document
from dure.report.html import fragment
from dure.report.parts import banner, guarded, subtitle
from dure.report.sections import curves, study
from dure.results.run_result import RunResult

MOST = 20_000
"""Lanes times epochs up to which all of a report is made: about two seconds."""


def shown(result: RunResult) -> str:
    """A report as a piece of HTML; of a large result curves and means only."""
    return fragment(document(result) if _size(result) <= MOST else _brief(result))


def _size(result: RunResult) -> int:
    return len(result.lanes) * int(result.curves.sizes["epoch"])


def _brief(result: RunResult) -> Document:
    """What is known without long computing."""
    why = say(
        "With {lanes} of {epochs} the whole report takes a while, so these are curves and means; "
        "for all of it: dure report {run}",
        lanes=count(len(result.lanes), "lane"),
        epochs=count(int(result.curves.sizes["epoch"]), "epoch"),
        run=as_is(str(result.folder)),
    )
    return Document(
        title=result.name,
        subtitle=subtitle(result),
        verdict=(),
        sections=(
            guarded("curves", say("Curves"), lambda: curves.section(result)),
            guarded("study", say("The study"), lambda: study.section(result)),
        ),
        banner=joined((banner(result) or "", why)),
        footer=footer(),
        source=(str(result.folder),),
    )
