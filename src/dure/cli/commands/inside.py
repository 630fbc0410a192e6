"""Commands that look inside, and the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dure.cli.app import (
    Epochs,
    Json,
    Language,
    NoOpen,
    Quiet,
    Seeds,
    app,
    errors_in_words,
    folder_of,
)


@app.command()
def look(
    target: Annotated[
        str, typer.Argument(metavar="MODEL|RUN", help="A .keras or .h5 file, or a run folder.")
    ],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="A set such as mnist, a .npz, .csv, .jsonl or .txt file, or a folder of pictures "
            "or texts. Of a run: its own data if none.",
        ),
    ] = None,
    column: Annotated[
        str | None, typer.Option("--target", help="The column of a table that is predicted.")
    ] = None,
    layers: Annotated[
        list[str] | None, typer.Option("--layer", help="Only this layer; repeatable.")
    ] = None,
    what: Annotated[
        list[str] | None,
        typer.Option("--what", help="Only this, such as kernels or saliency; repeatable."),
    ] = None,
    rows: Annotated[
        int | None, typer.Option("--rows", help="How many pictures or texts to show.")
    ] = None,
    lane: Annotated[
        str | None, typer.Option("--lane", help="One network of a run: VARIANT/SEED/FOLD.")
    ] = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="All networks of this variant of a run.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Folder to write to; lens/ in the run, or look-MODEL/, if none."
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Look inside a trained network: pictures and arrays of all that fits it.

    Example:  dure look digits.keras --data mnist --layer conv2d --out digits-inside
    """
    with errors_in_words():
        from dure.cli.commands.look import Request, run_look

        request = Request(target, data, column, layers or (), what or (), rows, lane, variant, out)
        run_look(request, folder_of, quiet=quiet, as_json=as_json)


@app.command()
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
    with errors_in_words():
        from dure.cli.commands.gallery import list_rows, run_row

        if name is None:
            list_rows(as_json)
        else:
            run_row(
                name,
                out,
                quick=quick,
                seeds=seeds,
                epochs=epochs,
                language=language,
                opened=not no_open,
                silent=quiet or as_json,
                as_json=as_json,
            )
