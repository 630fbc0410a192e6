"""The command that lists the rows of the gallery, or runs one and prints its verdict."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

import dure
from dure.cli import study_source
from dure.cli.app import (
    Epochs,
    Json,
    Language,
    NoOpen,
    Quiet,
    Seeds,
    command,
    print_answer,
    print_json,
    print_parts,
)
from dure.core.terminal import make_table
from dure.messages.message import say
from dure.messages.phrases import count
from dure.messages.translate import check_language, read_message, translate

if TYPE_CHECKING:
    from dure.gallery.index import GalleryRow


@command()
def gallery(
    name: Annotated[
        str | None, typer.Argument(metavar="[ROW]", help="Id or name of a row; none lists all.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Within a minute: fewer rows, seeds or epochs.")
    ] = False,
    seeds: Seeds = None,
    epochs: Epochs = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write to; runs/ROW if none.")
    ] = None,
    language: Language = "en",
    no_open: NoOpen = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Studies from single neurons to recurrent networks, by name, on real data.

    Example:  dure gallery D2 --quick
    """
    if name is None:
        _list_rows(as_json)
        return
    from dure.cli.pages import make_page_or_explain
    from dure.gallery.index import find_row
    from dure.gallery.report_page import document_of

    check_language(language)
    row, silent = find_row(name), quiet or as_json
    folder = out or Path("runs") / f"{row.id}-{row.name}{'-quick' if quick else ''}"
    # Progress goes to standard error, so it may be shown beside a JSON document.
    verdict = _run_row(row, folder, quick, seeds, epochs, progress=not silent)
    document = json.loads(verdict.read_text(encoding="utf-8"))
    if not silent:
        _print(row, document, folder, language)
    # Looking inside every run would take longer than a quick row may.
    what = None if quick else ()
    page = make_page_or_explain(
        folder, language, what=what, silent=silent, opened=not no_open, of_row=document_of
    )
    if as_json:
        print_json({**document, "report": None if page is None else str(page.path)})


def _list_rows(as_json: bool) -> None:
    """Print every row with its id, name, a line, and the data it needs."""
    from dure.gallery.index import ROWS

    rows = [{"id": r.id, "name": r.name, "title": r.title, "needs": r.needs} for r in ROWS]
    cells = [(r.id, r.name, r.title, r.needs or "nothing") for r in ROWS]
    table = make_table(("id", "name", "what it does", "needs"), cells, words=range(4))
    how = "Run one:  dure gallery A1    within a minute:  dure gallery A1 --quick"
    print_answer(as_json, lambda: rows, lambda: print_parts(table, how))


def _run_row(
    row: GalleryRow,
    folder: Path,
    quick: bool,
    seeds: int | None,
    epochs: int | None,
    progress: bool,
) -> Path:
    """Run a row and return the path of its verdict."""
    from dure.gallery.page import VERDICT, RowPage

    page = RowPage(folder, quick, seeds, epochs, progress, row)
    import_module(row.module).show(page)
    page.close(row)
    return folder / VERDICT


def _study_of_row(source: Mapping[str, Any]) -> dure.Study:
    from dure.gallery.study_finder import study_of

    return study_of(source)


study_source.KINDS["gallery"] = _study_of_row


def _print(row: GalleryRow, document: Mapping[str, Any], folder: Path, language: str) -> None:
    console = Console()
    console.print(Text(f"\n{row.id} {row.name}: {translate(row.title, language)}", style="bold"))
    for line in document["said"]["lines"]:
        console.print(Text(f"  {translate(read_message(line), language)}"), soft_wrap=False)
    left = say(
        "{networks}, {seconds} s; {pictures} and run folders in {folder}",
        networks=count(document["lanes"], "network"),
        seconds=f"{document['seconds']:.0f}",
        pictures=count(len(document["pictures"]), "picture"),
        folder=str(folder),
    )
    console.print(Text(f"\n{translate(left, language)}"), soft_wrap=True)
