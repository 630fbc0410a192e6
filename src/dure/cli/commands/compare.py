"""`dure compare`: is one variant better than another?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dure.cli.app import Json, Run, command, frame_rows, load_run, print_answer
from dure.core.file_names import name_file
from dure.core.types import GivenMode
from dure.errors import DureError

if TYPE_CHECKING:
    from dure.analysis.comparison.table import Comparison


@command()
def compare(
    run: Run,
    other: Annotated[
        str | None, typer.Argument(metavar="[RUN2]", help="A second run, whose variants join.")
    ] = None,
    metric: Annotated[
        str | None, typer.Option("--metric", help="As 'val_accuracy'; the monitor if none.")
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", help="Compare with this variant only.")
    ] = None,
    rope: Annotated[
        float | None,
        typer.Option("--rope", help="The largest difference that makes none to you."),
    ] = None,
    confidence: Annotated[
        float, typer.Option("--confidence", help="Of intervals; tests judge at 1 minus this.")
    ] = 0.95,
    mode: Annotated[
        str, typer.Option("--mode", help="Whether low (min) or high (max) is better, if unknown.")
    ] = "auto",
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Draw the differences, too: a .png file, or a folder for it."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say which variant of a run is better, or that these seeds cannot tell.

    Networks are compared seed by seed, with intervals and corrected tests.

    Example:  dure compare latest --metric val_accuracy --baseline plain --rope 0.01
    """
    second = None if other is None else load_run(other)
    found = load_run(run).compare(metric, baseline, second, confidence, rope, given_mode(mode))
    picture = None if out is None else _draw(found, out)
    print_answer(as_json, lambda: _document(found, picture), lambda: print(found), picture)


def given_mode(text: str) -> GivenMode:
    """The option `--mode`, which Typer takes as any text."""
    if text not in ("auto", "min", "max"):
        raise DureError(f"--mode is {text!r}; pass auto, min or max.")
    return text  # type: ignore[return-value]


def _draw(found: Comparison, out: Path) -> Path:
    from dure.plots.comparison import differences
    from dure.plots.style import as_png

    is_file = out.suffix.lower() == ".png"
    if out.suffix and not is_file and not out.is_dir():
        raise DureError(f"--out is {str(out)!r}; expected a .png file or a folder.")
    path = out if is_file else out / f"compare-{name_file(found.metric)}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_png(differences(found)))
    except OSError as error:
        raise DureError(f"The picture {path} cannot be written: {error}.") from error
    return path


def _document(found: Comparison, picture: Path | None) -> dict[str, Any]:
    pairs = frame_rows(found.frame(), digits=15)
    for row, pair in zip(pairs, found.pairs, strict=True):
        row["told"] = pair.describe()
    return {
        "metric": found.metric,
        "mode": found.mode,
        "confidence": found.confidence,
        "rope": found.rope,
        "baseline": found.baseline,
        "leader": found.leader,
        "pairs": pairs,
        "notes": list(found.notes),
        "picture": None if picture is None else str(picture),
    }
