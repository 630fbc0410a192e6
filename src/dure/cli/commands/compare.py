"""`dure compare`: is one variant better than another?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dure.cli.app import Json, Run, app, errors_in_words, folder_of, without_nan

if TYPE_CHECKING:
    from dure.analysis.comparison.table import Comparison


@app.command()
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
    with errors_in_words():
        from dure.result import load

        second = None if other is None else load(folder_of(other))
        found = load(folder_of(run)).compare(metric, baseline, second, confidence, rope)
        picture = None if out is None else _draw(found, out)
        if as_json:
            print(_json(found, picture))
            return
        print(found)
        if picture is not None:
            print(f"\nPicture {picture}")


def _draw(found: Comparison, out: Path) -> Path:
    from dure.errors import DureError
    from dure.plots.comparison import differences
    from dure.plots.style import as_png

    is_file = out.suffix.lower() == ".png"
    if out.suffix and not is_file and not out.is_dir():
        raise DureError(f"--out is {str(out)!r}; expected a .png file or a folder.")
    path = out if is_file else out / f"compare-{found.metric}.png"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(as_png(differences(found)))
    except OSError as error:
        raise DureError(f"The picture {path} cannot be written: {error}.") from error
    return path


def _json(found: Comparison, picture: Path | None) -> str:
    pairs = json.loads(found.frame().to_json(orient="records", double_precision=15))
    for row, pair in zip(pairs, found.pairs, strict=True):
        row["told"] = pair.describe()
    document = {
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
    return json.dumps(without_nan(document), ensure_ascii=False)
