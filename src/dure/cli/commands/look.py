"""The command that looks inside networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dure.cli.app import Json, Quiet, command, free_output, print_answer, print_parts
from dure.core.terminal import make_table

if TYPE_CHECKING:
    from dure.inspection.save import Tour


@command()
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
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--read",
            help="How the files are read, such as sep=';' or missing=drop; repeatable.",
        ),
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
    from dure.cli.look_request import LookRequest, look_inside

    named = (settings or (), layers or (), what or ())
    request = LookRequest(target, data, column, *named, rows, lane, variant, out)
    with free_output(as_json):
        found, name = look_inside(request, Console(stderr=True, quiet=quiet or as_json))
    if as_json or not quiet:
        print_answer(as_json, lambda: _document(found), lambda: _print(found, name))


def _print(found: Tour, name: str) -> None:
    rows = [(one.name, one.layer, one.says) for one in found.written]
    print_parts(make_table(("measurement", "layer", "what it says"), rows, name, words=range(3)))
    if found.left_out:
        out = Table(box=None, padding=(0, 2, 0, 1), show_header=False)
        for other in found.left_out:
            out.add_row(Text(" ".join(filter(None, (other.name, other.layer)))), Text(other.reason))
        print_parts(Text(" Left out", style="bold"), out)
    print(f"\n{len(found.written)} pictures, and their arrays (.nc), in {found.folder}")


def _document(found: Tour) -> dict[str, Any]:
    written = [
        {**one._asdict(), "picture": str(one.picture), "arrays": str(one.arrays)}
        for one in found.written
    ]
    left_out = [one._asdict() for one in found.left_out]
    return {"folder": str(found.folder), "written": written, "left_out": left_out}
