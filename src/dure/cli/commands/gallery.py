"""What `dure gallery` does: lists the rows, or runs one and prints its verdict."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dure.cli.pages import page_after
from dure.gallery.index import ROWS, Row, find_row
from dure.messages.message import say
from dure.messages.phrases import count
from dure.messages.translate import check_language, read_message, translate


def list_rows(as_json: bool) -> None:
    """Print every row with its id, name, a line, and the data it needs."""
    if as_json:
        rows = [{"id": r.id, "name": r.name, "title": r.title, "needs": r.needs} for r in ROWS]
        print(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(box=SIMPLE_HEAD)
    for column in ("id", "name", "what it does", "needs"):
        table.add_column(column, overflow="fold", no_wrap=column in ("id", "name"))
    for row in ROWS:
        table.add_row(row.id, row.name, row.title, row.needs or "nothing")
    console = Console()
    console.print(table)
    console.print("Run one:  dure gallery A1    within a minute:  dure gallery A1 --quick")


def run_row(
    name: str,
    out: Path | None,
    *,
    quick: bool,
    seeds: int | None,
    epochs: int | None,
    language: str,
    opened: bool,
    silent: bool,
    as_json: bool,
) -> None:
    """Run one row, print its verdict and write its page.

    Parameters
    ----------
    out
        Folder to write to; None: ``runs/<id>-<name>``, with "-quick" behind for a quick run.
    language
        Of the page, and of what is printed.
    opened
        Whether to open the page where there is a screen.
    silent
        Say nothing but errors.
    """
    check_language(language)
    row = find_row(name)
    folder = out or Path("runs") / f"{row.id}-{row.name}{'-quick' if quick else ''}"
    # Progress goes to standard error, so it may be shown beside a JSON document.
    verdict = verdict_of(row, folder, quick=quick, seeds=seeds, epochs=epochs, progress=not silent)
    if not silent:
        _print(row, verdict, language)
    # Looking inside every run would take longer than a quick row may.
    what = None if quick else ()
    page = page_after(folder, language, what=what, silent=silent, opened=opened)
    if as_json:
        document = json.loads(verdict.read_text(encoding="utf-8"))
        document["report"] = None if page is None else str(page.path)
        print(json.dumps(document, ensure_ascii=False))


def verdict_of(
    row: Row, folder: Path, *, quick: bool, seeds: int | None, epochs: int | None, progress: bool
) -> Path:
    """Run a row and return the path of its verdict."""
    from dure.gallery.page import VERDICT, Page

    page = Page(folder, quick, seeds, epochs, progress, row)
    import_module(row.module).show(page)
    page.close(row)
    return folder / VERDICT


def _print(row: Row, verdict: Path, language: str) -> None:
    document = json.loads(verdict.read_text(encoding="utf-8"))
    console = Console()
    console.print(Text(f"\n{row.id} {row.name}: {translate(row.title, language)}", style="bold"))
    for line in document["said"]["lines"]:
        console.print(Text(f"  {translate(read_message(line), language)}"), soft_wrap=False)
    left = say(
        "{networks}, {seconds} s; {pictures} and run folders in {folder}",
        networks=count(document["lanes"], "network"),
        seconds=f"{document['seconds']:.0f}",
        pictures=count(len(document["pictures"]), "picture"),
        folder=str(verdict.parent),
    )
    console.print(Text(f"\n{translate(left, language)}"), soft_wrap=True)
