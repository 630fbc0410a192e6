"""The command that searches for cures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dure.cli.app import (
    Epochs,
    Json,
    Quiet,
    Seeds,
    Settings,
    Target,
    command,
    free_output,
    print_answer,
)
from dure.cli.study_source import find_study, make_source


@command()
def cure(
    target: Target,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the search; one under runs/ if none.")
    ] = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    settings: Settings = None,
    variant: Annotated[
        str | None, typer.Option("--variant", help="The variant to cure; the best one if none.")
    ] = None,
    max_trials: Annotated[
        int, typer.Option("--max-trials", help="Cures in the first round at most.")
    ] = 10,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Try general cures even if nothing is found.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the search in --out.")
    ] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find what ails a network, try changes that may mend it, and write down the best.

    Example:  dure cure reviews.py:study --seeds 5 --max-trials 8 --out runs/reviews-cure
    """
    with free_output(as_json):
        study = find_study(make_source(target, None, epochs, settings))
        cured = study.cure(
            out,
            not (quiet or as_json),
            resume,
            seeds=seeds,
            variant=variant,
            max_trials=max_trials,
            anyway=anyway,
        )
    if as_json or not quiet:
        from dure.remedies.record import account

        print_answer(as_json, lambda: account(cured), lambda: print(f"\n{cured.describe()}"))
