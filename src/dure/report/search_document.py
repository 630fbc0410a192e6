"""The report of a search for cures by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dure.blocks.content import (
    Document,
    Section,
    footer,
)
from dure.messages.message import as_is, joined, say
from dure.messages.phrases import count
from dure.report.sections.curves import section as curves_of
from dure.report.sections.remedies import REQUEST, read_account, section, verdict_sentences
from dure.results.run_result import load
from dure.storage.run_folder import is_run_folder


def document_of(folder: Path) -> Document:
    """A whole report about a search for cures, with the curves of its last round.

    Raises
    ------
    RunFolderError
        As :func:`verdict`.
    """
    account = read_account(folder)
    request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    cures = count(len(account["rounds"].get("round-1", ())), "cure")
    source = request["data"]["source"]
    variant = str(account["variant"])
    subtitle = say("Search for cures of '{variant}': {cures} tried", variant=variant, cures=cures)
    if source:
        subtitle = joined((subtitle, as_is(source)), " · ")
    found = section(folder)
    # The page begins with the verdict already.
    found = replace(found, blocks=found.blocks[1:])
    return Document(
        title=folder.resolve().name,
        subtitle=subtitle,
        verdict=verdict_sentences(account),
        sections=(found, *_curves(folder, account)),
        footer=footer(),
        source=(str(folder),),
    )


def _curves(folder: Path, account: Mapping[str, Any]) -> Iterator[Section]:
    """The curves of the last round, of every run folder it has."""
    labels = [label for label, rows in account["rounds"].items() if rows]
    runs = sorted((folder / labels[-1]).iterdir()) if labels else [folder / "baseline"]
    results = [load(run) for run in runs if is_run_folder(run)]
    for place, result in enumerate(results):
        drawn = curves_of(result)
        if place:
            title = joined((drawn.title, as_is(", ".join(result.variants))), ": ")
            drawn = replace(drawn, key=f"{drawn.key}-{result.folder.name}", title=title)
        yield drawn
