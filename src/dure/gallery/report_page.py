"""The report of a row of the gallery: what it says, then what is known of each of its studies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dure
from dure.blocks.content import Block, Bullets, Document, Folded, Prose, Section, footer
from dure.gallery.report_section import section, verdict
from dure.messages.message import as_is, joined, say
from dure.messages.phrases import count
from dure.report.document import document
from dure.storage.run_list import RunEntry, list_runs

_ROW = say("A row of the gallery")


def document_of(folder: Path) -> Document:
    """All that a row of the gallery left.

    Where the row trained one study, that study's report follows what the row says; where it trained
    several, each has a section, in the order in which they were trained.

    Parameters
    ----------
    folder
        As `dure gallery ROW` leaves it.

    Raises
    ------
    RunFolderError
        There is no verdict in `folder`, or it cannot be read.
    """
    row, runs = section(folder), list_runs(folder)
    rows = (row,) if row.blocks else ()
    title, source = folder.resolve().name, (str(folder),)
    if len(runs) == 1 and runs[0].problem is None:
        only = document(dure.load(runs[0].folder))
        return Document(
            title=title,
            subtitle=joined((_ROW, only.subtitle), " · "),
            verdict=verdict(folder),
            sections=(*rows, *_told_again(only)),
            banner=only.banner,
            footer=only.footer,
            source=source,
        )
    groups = (_group(run, f"run-{place}") for place, run in enumerate(runs, 1))
    return Document(
        title=title,
        subtitle=joined((_ROW, count(len(runs), "run") if runs else ""), " · "),
        verdict=verdict(folder),
        sections=(*rows, *groups),
        footer=footer(),
        source=source,
    )


def _told_again(only: Document) -> Iterator[Section]:
    """A study's sections, its own verdict before the first."""
    first, *others = only.sections
    yield replace(first, blocks=(Bullets(only.verdict), *first.blocks))
    yield from others


def _group(run: RunEntry, key: str) -> Section:
    """The report of one study as one section."""
    if run.problem is not None:
        return Section(key, as_is(run.name), (Prose(as_is(run.problem), "warning"),))
    return Section(key, as_is(run.name), tuple(_blocks(document(dure.load(run.folder)))))


def _blocks(whole: Document) -> Iterator[Block]:
    """Its verdict and curves open, all else to be opened."""
    yield Prose(whole.subtitle, "note")
    if whole.banner is not None:
        yield Prose(whole.banner, "warning")
    yield Bullets(whole.verdict)
    for part in whole.sections:
        if part.key == "curves":
            yield from part.blocks
        else:
            yield Folded(part.title, part.blocks)
