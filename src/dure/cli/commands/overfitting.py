"""Commands about overfitting: where it begins, and whether more data or another size would help."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from dure.cli.app import (
    Epochs,
    Json,
    Quiet,
    Run,
    Seeds,
    Settings,
    Target,
    command,
    frame_rows,
    free_output,
    load_run,
    print_answer,
    print_parts,
)
from dure.cli.study_source import find_study, make_source, read_value
from dure.core.terminal import make_table
from dure.errors import StudyError
from dure.stats.intervals import interval_texts

if TYPE_CHECKING:
    from dure.analysis.overfitting.capacity import Capacity
    from dure.analysis.overfitting.learning_curve import LearningCurve
    from dure.analysis.overfitting.model import Overfitting

Folder = Annotated[
    Path | None,
    typer.Option("--out", help="Folder to write to, gone on with if begun; one in runs/ if none."),
]


@command()
def overfitting(
    folder: Run,
    metric: Annotated[
        str | None, typer.Option("--metric", help="The loss that is followed; else the loss.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Where validation loss turns, what training on gives away, how many epochs are enough.

    Example:  dure overfitting latest
    """
    from dure.plots.overfitting import overfitting as draw
    from dure.plots.style import as_png

    result = load_run(folder)
    found = result.overfitting(metric)
    picture = result.folder / "pictures" / "overfitting.png"
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(as_png(draw(result, found)))
    _print(as_json, found, _overfitting_table, picture)


@command("learning-curve")
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
    with free_output(as_json):
        study = find_study(make_source(target, seeds, epochs, settings))
        numbers = _values(shares, "--shares", "0.1,0.2,0.5,1")
        curve = study.learning_curve(numbers, out, progress=not (quiet or as_json))
    folder = next(iter(curve.results.values())).folder.parent
    if as_json or not quiet:
        _print(as_json, curve, _curve_table, folder / "pictures" / "learning-curve.png")


@command()
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
    with free_output(as_json):
        name, equals, values = over.partition("=")
        if not equals or not name.isidentifier():
            raise StudyError(f"--over {over!r} is not ARG=V1,V2,..., as in --over units=4,8,16.")
        study = find_study(make_source(target, seeds, epochs, settings))
        sizes = {name: _values(values, "--over", "units=4,8,16")}
        found = study.capacity(sizes, out, progress=not (quiet or as_json))
    if as_json or not quiet:
        picture = found.result.folder / "pictures" / "capacity.png"
        _print(as_json, found, lambda found: _capacity_table(found, name), picture)


def _values(text: str, option: str, example: str) -> list[Any]:
    """'4,8,16' as a list; what is no Python literal stays text."""
    pieces = [piece.strip() for piece in text.split(",")]
    if not all(pieces):
        raise StudyError(f"{option} holds {text!r}; write values with commas between: {example}.")
    return [read_value(piece) for piece in pieces]


def _print(as_json: bool, found: Any, table: Callable[[Any], Table], picture: Path) -> None:
    lines = found.describe().splitlines()
    rows = {"rows": frame_rows(found.frame()), "told": lines, "picture": str(picture)}
    print_answer(as_json, lambda: rows, lambda: print_parts(table(found), *lines), picture)


def _overfitting_table(found: Overfitting) -> Table:
    # The gaps are in the sentences: a table of all would not fit a terminal of 80 columns.
    names = ("turning_epoch", "given_away")
    columns = [interval_texts([getattr(row, name)[:3] for row in found.rows]) for name in names]
    rows = []
    for row, turns, lost in zip(found.rows, *columns, strict=True):
        turns = turns if row.kind == "overfits" else "-"
        epochs = "-" if row.recommended_epochs is None else str(row.recommended_epochs)
        lanes = f"{row.lanes} of {row.given_away.of}"
        rows.append((row.variant, row.kind, turns, lost, epochs, lanes))
    header = ("variant", "", "turns at epoch", "given away", "epochs", "lanes")
    return make_table(header, rows, words=(0, 1))


def _curve_table(curve: LearningCurve) -> Table:
    rows = [
        (row.variant, *interval_texts([value[:3] for value in row.values.values()]))
        for row in curve.rows
    ]
    return make_table(("variant", *(f"{n:,} rows" for n in curve.results)), rows)


def _capacity_table(found: Capacity, argument: str) -> Table:
    lead = ("variant",) if any(row.variant for row in found.rows) else ()
    rows = []
    for row in found.rows:
        columns = [
            interval_texts([getattr(size, part)[:3] for size in row.sizes])
            for part in ("validation", "training", "gap_at_end", "to_best")
        ]
        for size, *cells in zip(row.sizes, *columns, strict=True):
            against = "best" if size is row.best else cells[-1]
            first = (row.variant,) if lead else ()
            rows.append((*first, size.value, f"{size.parameters:,}", *cells[:-1], against))
    heads = (argument, "parameters", found.metric, "training", "gap at the end", "against best")
    return make_table((*lead, *heads), rows)
