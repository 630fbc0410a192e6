"""What ails the networks of a run: `dure health`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from dure.cli.app import Json, Run, command, load_run, print_answer, print_parts

if TYPE_CHECKING:
    from dure.analysis.diagnostics.health import Health

_COLOURS = ("bold red", "bold yellow", "bold")
_BAD = ("nan", "loss_mismatch", "not_beating_chance", "exploding_gradient", "vanishing_gradient")
_MILD = ("odd_seed", "overfitting", "classes_unbalanced", "underfitting")


@command()
def health(
    folder: Run,
    pictures: Annotated[
        bool, typer.Option("--pictures/--no-pictures", help="Draw what was recorded of the layers.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Say what ails the networks: gradients, dead units, rate, loss, data, chance, seeds.

    Example:  dure health latest
    """
    result = load_run(folder)
    found = result.health()
    paths = []
    if pictures:
        from dure.plots.layers import save_all

        paths = save_all(result)
    parts: list[RenderableType] = list(_lines(found))
    if paths:
        parts.append(f"\n{len(paths)} pictures: {paths[0].parent}/health-*.png")
    document = {"folder": str(result.folder), **found.to_json(), "pictures": list(map(str, paths))}
    print_answer(as_json, lambda: document, lambda: print_parts(*parts))


def _lines(found: Health) -> Iterator[Padding]:
    """The lines of `Health.told`, names of variants and layers as they are, never as markup."""
    styles: dict[str, str] = {}
    for finding in found.findings:
        level = 0 if finding.kind in _BAD else 2 if finding.kind in _MILD else 1
        styles[finding.sentence] = _COLOURS[level]
    for line in found.lines():
        number, dot, rest = line.partition(". ")
        if dot and rest in styles:
            numbered = Table.grid(padding=(0, 1))
            numbered.add_row(Text(f"{number}.", style=styles[rest]), Text(rest))
            yield Padding(numbered, expand=False)
        elif line.startswith("   "):
            yield Padding(Text(line.strip(), style="dim"), (0, 0, 0, 3), expand=False)
        else:
            yield Padding(Text(line), expand=False)
