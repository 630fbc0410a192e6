"""Commands about overfitting: where it begins, and whether more data or another size would help."""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dure.cli.app import (
    Epochs,
    Json,
    Quiet,
    Run,
    Seeds,
    Settings,
    Target,
    app,
    errors_in_words,
    folder_of,
    without_nan,
)
from dure.cli.study_source import find_study, source_of
from dure.errors import StudyError
from dure.stats.intervals import interval_texts

if TYPE_CHECKING:
    import pandas as pd

    from dure.analysis.overfitting.model import Overfitting

Folder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder to write to, gone on with if begun; one in runs/ if none."),
]


@app.command()
def overfitting(
    folder: Run,
    metric: Annotated[str, typer.Option("--metric", help="The loss that is followed.")] = "loss",
    as_json: Json = False,
) -> None:
    """Where validation loss turns, what training on gives away, how many epochs are enough.

    Example:  dure overfitting latest
    """
    with errors_in_words():
        from dure.plots.overfitting import overfitting as draw
        from dure.plots.style import as_png
        from dure.result import load

        result = load(folder_of(folder))
        found = result.overfitting(metric)
        picture = result.folder / "pictures" / "overfitting.png"
        picture.parent.mkdir(exist_ok=True)
        picture.write_bytes(as_png(draw(result, found)))
        if as_json:
            _print_json(found.frame(), found.describe(), picture)
            return
        console = Console()
        console.print(_overfitting_table(found))
        _describe_print(console, found.describe(), picture)


@app.command("learning-curve")
def learning_curve(
    target: Target,
    shares: Annotated[
        str, typer.Option("--shares", help="Of the training rows, with commas between.")
    ] = "0.1,0.2,0.5,1",
    out: Folder = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    settings: Settings = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train on growing parts of the training rows: would more data help?

    Example:  dure learning-curve reviews.py --shares 0.1,0.2,0.5,1 --seeds 5 --out runs/more-rows
    """
    with errors_in_words(), _standard_output(as_json):
        study = find_study(source_of(target, seeds, epochs, settings))
        numbers = _values(shares, "--shares", "0.1,0.2,0.5,1")
        curve = study.learning_curve(numbers, out, progress=not (quiet or as_json))
        folder = next(iter(curve.results.values())).folder.parent
    picture = folder / "pictures" / "learning-curve.png"
    if as_json:
        _print_json(curve.frame(), curve.describe(), picture)
    elif not quiet:
        console = Console()
        table = _table(("variant", *(f"{n:,} rows" for n in curve.results)))
        for row in curve.rows:
            cells = interval_texts([value[:3] for value in row.values.values()])
            table.add_row(Text(row.variant), *cells)
        console.print(table)
        _describe_print(console, curve.describe(), picture)


@app.command()
def capacity(
    target: Target,
    over: Annotated[
        str, typer.Option("--over", metavar="ARG=V1,V2,...", help="An argument of build, values.")
    ],
    out: Folder = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    settings: Settings = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Train in several sizes: how large need the network be, and where does it overfit?

    Example:  dure capacity digits.py --over units=4,8,16,32 --seeds 5
    """
    with errors_in_words(), _standard_output(as_json):
        name, equals, values = over.partition("=")
        if not equals or not name.isidentifier():
            raise StudyError(f"--over {over!r} is not ARG=V1,V2,..., as in --over units=4,8,16.")
        study = find_study(source_of(target, seeds, epochs, settings))
        sizes = {name: _values(values, "--over", "units=4,8,16")}
        found = study.capacity(sizes, out, progress=not (quiet or as_json))
    picture = found.result.folder / "pictures" / "capacity.png"
    if as_json:
        _print_json(found.frame(), found.describe(), picture)
    elif not quiet:
        console = Console()
        lead = ("variant",) if any(row.variant for row in found.rows) else ()
        table = _table(
            (*lead, name, "parameters", found.metric, "training", "gap at the end", "against best")
        )
        for row in found.rows:
            columns = [
                interval_texts([getattr(size, part)[:3] for size in row.sizes])
                for part in ("validation", "training", "gap_at_end", "to_best")
            ]
            for size, *cells in zip(row.sizes, *columns, strict=True):
                marked = "best" if size is row.best else cells[-1]
                first = [Text(row.variant)] if lead else []
                table.add_row(*first, size.value, f"{size.parameters:,}", *cells[:-1], marked)
        console.print(table)
        _describe_print(console, found.describe(), picture)


def _standard_output(as_json: bool) -> Any:
    # A study's file may print; with --json only the document may reach the standard output.
    return redirect_stdout(sys.stderr) if as_json else nullcontext()


def _values(text: str, option: str, example: str) -> list[Any]:
    """'4,8,16' as a list; what is no Python literal stays text."""
    pieces = [piece.strip() for piece in text.split(",")]
    if not all(pieces):
        raise StudyError(f"{option} holds {text!r}; write values with commas between: {example}.")
    return [_literal(piece) for piece in pieces]


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for place, column in enumerate(columns):
        text = place == 0 or not column
        justify: Literal["left", "right"] = "left" if text else "right"
        table.add_column(column, justify=justify, overflow="fold", no_wrap=text)
    return table


def _overfitting_table(found: Overfitting) -> Table:
    # The gaps are in the sentences: a table of all would not fit a terminal of 80 columns.
    names, heads = ("turning_epoch", "given_away"), ("turns at epoch", "given away")
    table = _table(("variant", "", *heads, "epochs", "lanes"))
    columns = [interval_texts([getattr(row, name)[:3] for row in found.rows]) for name in names]
    for row, *cells in zip(found.rows, *columns, strict=True):
        if row.kind != "overfits":
            cells[0] = "-"
        epochs = "-" if row.recommended_epochs is None else str(row.recommended_epochs)
        lanes = f"{row.lanes} of {row.given_away.of}"
        table.add_row(Text(row.variant), row.kind, *cells, epochs, lanes)
    return table


def _describe_print(console: Console, told: str, picture: Path) -> None:
    for line in told.splitlines():
        console.print(Text(line))
    console.print(Text(f"\nPicture {picture}"), soft_wrap=True)


def _print_json(frame: pd.DataFrame, told: str, picture: Path) -> None:
    rows = json.loads(frame.to_json(orient="records"))
    document = {"rows": rows, "told": told.splitlines(), "picture": str(picture)}
    print(json.dumps(without_nan(document), ensure_ascii=False))
