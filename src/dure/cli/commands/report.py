"""The command that writes a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from dure.cli.app import Json, Language, NoOpen, command, find_run_folder, print_answer
from dure.errors import DureError

Metric = Annotated[
    str | None,
    typer.Option("--metric", help="What to compare by, as 'val_accuracy'; the monitor if none."),
]


@command()
def report(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run folder, its name, or 'latest'; or the folder of `dure cure` or of a "
            "gallery row.",
        ),
    ],
    other: Annotated[
        str | None, typer.Argument(metavar="[RUN2]", help="A second run, to be beside the first.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.html", help="Where to; report.html in RUN if none."),
    ] = None,
    language: Language = "en",
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Compare all others with this variant.")
    ] = None,
    metric: Metric = None,
    rope: Annotated[
        float | None,
        typer.Option("--rope", help="The largest difference that makes none to you."),
    ] = None,
    no_open: NoOpen = False,
    as_json: Json = False,
) -> None:
    """Write one page that says what a run found, to be read anywhere without Dure.

    What has not been looked at inside the networks yet is measured first, if the run is over.

    Example:  dure report latest --lang ko

    Example:  dure report runs/small runs/large --metric val_accuracy --out both.html
    """
    from dure.cli.pages import ReportRequest, find_reported, make_page, open_page
    from dure.gallery.report_page import document_of
    from dure.messages.translate import check_language

    check_language(language)
    if out is not None and (out.suffix.lower() not in (".html", ".htm") or out.is_dir()):
        raise DureError(f"--out is {str(out)!r}; expected a file that ends in .html.")
    made = make_page(
        find_reported(run),
        language,
        other=None if other is None else find_run_folder(other),
        asked=ReportRequest(baseline, metric, rope),
        out=out,
        console=Console(stderr=True, quiet=as_json),
        of_row=document_of,
    )
    document = {"report": str(made.path), "bytes": made.bytes, "language": language}
    document["not_measured"] = made.unseen
    print_answer(as_json, lambda: document, lambda: print(made.describe()))
    if not (as_json or no_open):
        open_page(made.path)
