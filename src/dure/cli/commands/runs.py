"""Commands that train, and that show what was trained: demo, run, resume, list, show."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

import dure
from dure.cli.app import (
    LANES_FAILED,
    OK,
    Epochs,
    Json,
    Language,
    NoOpen,
    Out,
    Quiet,
    Run,
    Seeds,
    Settings,
    Target,
    command,
    find_run_folder,
    frame_rows,
    free_output,
    load_run,
    print_json,
)
from dure.cli.study_source import find_study, make_source, read_overrides
from dure.errors import DureError, RunFolderError, StudyError

_DEMO_MEASURES = ("kernels", "feature_maps", "predictions", "confusion", "saliency")
"""What the demonstration looks at inside: all that fits would take longer than its training."""


@command()
def demo(
    out: Out = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    language: Language = "en",
    no_open: NoOpen = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """A small network that overfits, and four cures, on real digits: about a minute on two cores.

    It ends with a page about it (report.html), which opens in the browser.

    Example:  dure demo --seeds 10
    """
    from dure.cli.pages import make_page_or_explain
    from dure.messages.translate import check_language

    check_language(language)
    silent = quiet or as_json

    def with_page(result: dure.Result) -> dict[str, Any]:
        page = make_page_or_explain(
            result.folder, language, what=_DEMO_MEASURES, silent=silent, opened=not no_open
        )
        return {"report": None if page is None else str(page.path)}

    source = {"module": "dure.gallery.demo", "name": "study", **read_overrides(seeds, epochs, [])}
    result = _run(source, out, resume=False, quiet=quiet, as_json=as_json, ending=with_page)
    if not silent:
        _print_next(result.folder)
    raise typer.Exit(_exit_code(result))


@command()
def run(
    target: Target,
    out: Out = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    settings: Settings = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="decided", help="Add seeds until it is settled which is best."
        ),
    ] = None,
    max_seeds: Annotated[
        int, typer.Option("--max-seeds", help="Seeds in all, at most, with --until.")
    ] = 50,
    rope: Annotated[
        float | None,
        typer.Option("--rope", help="With --until: a difference up to this counts as none."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", help="With --until: compare all others with this variant."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run the study in a Python file.

    Example:  dure run reviews.py:study --seeds 10 --epochs 20 --set cell=LSTM --out runs/lstm

    Example:  dure run reviews.py --until decided --max-seeds 50 --rope 0.005
    """
    source = make_source(target, seeds, epochs, settings)
    terms = {"until": until, "max_seeds": max_seeds, "rope": rope, "baseline": baseline}
    result = _run(source, out, resume=False, quiet=quiet, as_json=as_json, terms=terms)
    raise typer.Exit(_exit_code(result))


@command()
def resume(
    folder: Run,
    seeds: Annotated[
        int | None, typer.Option("--seeds", help="Seeds in all; more than it has are added.")
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Go on with a run that was stopped or killed, or add seeds; it ends as if run at once.

    Example:  dure resume runs/demo-3f9a1c --seeds 20
    """
    from dure.storage.store import Store

    path = find_run_folder(folder)
    with Store.open(path, read_only=True) as store:
        manifest, keys = store.manifest, store.lanes
    source = manifest.get("source")
    if not source:
        raise RunFolderError(
            f"{path} was started from Python, so only Python knows its build function: call "
            f"study.run(out={str(path)!r}, resume=True) there."
        )
    terms = _terms_of(manifest)
    if not terms:
        # The folder itself knows best which seeds it has been given.
        present = list(dict.fromkeys(key.seed for key in keys))
        source = {**source, "seeds": _enlarge_seeds(present, seeds, path)}
    elif seeds is not None:
        raise StudyError(
            f"{path} adds its seeds by itself until it is decided: resume it without --seeds."
        )
    result = _run(source, path, resume=True, quiet=quiet, as_json=as_json, terms=terms)
    raise typer.Exit(_exit_code(result))


@command("list")
def list_(
    root: Annotated[Path, typer.Argument(help="Folder that holds run folders.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the runs in a folder, oldest first.

    Example:  dure list runs
    """
    from dure.storage.run_list import list_runs

    runs = list_runs(root)
    if as_json:
        print_json([{**r._asdict(), "folder": str(r.folder)} for r in runs])
    elif runs:
        from dure.console.tables import runs_table

        Console().print(runs_table(runs))
    else:
        print(f"No runs in {root}. Start one with: dure demo")


@command()
def show(
    folder: Run,
    metric: Annotated[str | None, typer.Option("--metric", help="Only this metric.")] = None,
    lanes: Annotated[bool, typer.Option("--lanes", help="One row a lane, too.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="The whole report, as `dure report` writes it.")
    ] = False,
    language: Language = "en",
    as_json: Json = False,
) -> None:
    """Show what a run found, finished or still in training.

    Example:  dure show latest --metric val_loss

    Example:  dure show latest --full --lang ko
    """
    if full and as_json:
        raise DureError("--full is text, and --json are numbers; pass one of them.")
    if language != "en" and not full:
        raise DureError("--lang is of --full; the rest of what this shows is English.")
    result = load_run(folder)
    if as_json:
        print_json(_document(result, metric))
        return
    from dure.console.tables import lanes_table, metric_table, summary_table

    console = Console()
    if full:
        _show_report(console, result, metric, language)
    else:
        console.print(metric_table(result, metric) if metric else summary_table(result))
    if lanes:
        console.print(lanes_table(result))


def _show_report(console: Console, result: dure.Result, metric: str | None, language: str) -> None:
    """Print the whole report."""
    from dure.cli.pages import ReportRequest, make_document
    from dure.core.terminal import LateBar
    from dure.messages.translate import check_language
    from dure.report.text.render import render

    check_language(language)
    with LateBar(Console(stderr=True)) as bar:
        document = make_document(result, asked=ReportRequest(metric=metric), tell=bar)
    # Commands stay in one line, to be copied.
    console.print(render(document, language), soft_wrap=True)


def _print_next(folder: Path) -> None:
    """Print what one may do after the demonstration."""
    print(
        f"\nWhat to do next\n"
        f"  read all of it here     dure show {folder} --full\n"
        f"  look at the curves      {folder / 'pictures'}\n"
        f"  which one is better     dure compare {folder} --baseline baseline\n"
        f"  does it overfit         dure overfitting {folder}\n"
        f"  what ails it            dure health {folder}\n"
        f"  look further inside     dure look {folder}\n"
        f"  more seeds              dure resume {folder} --seeds 16\n"
        f"  your own network        put a `study = dure.Study(...)` in a file, then\n"
        f"                          dure run FILE.py"
    )


def _terms_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """How a run until decided was asked for; {} for any other."""
    from dure.analysis.comparison.sequential import Sequential

    sequential = Sequential.of_manifest(manifest)
    if sequential is None:
        return {}
    rule = sequential.rule
    most = rule.plan.looks[-1]
    terms = {"max_seeds": most, "rope": rule.rope, "baseline": rule.baseline}
    return {"until": "decided", **terms}


def _enlarge_seeds(present: list[int], total: int | None, folder: Path) -> list[int]:
    """The seeds there are, and the smallest numbers not among them up to a total."""
    total = len(present) if total is None else total
    if total < len(present):
        raise StudyError(
            f"--seeds is {total}, but {folder} has {len(present)} seeds: a run can be given more "
            "seeds, not fewer."
        )
    others = [seed for seed in range(total) if seed not in present]
    return present + others[: total - len(present)]


def _run(
    source: Mapping[str, Any],
    out: Path | None,
    resume: bool,
    quiet: bool,
    as_json: bool,
    terms: Mapping[str, Any] | None = None,
    ending: Callable[[dure.Result], Mapping[str, Any]] | None = None,
) -> dure.Result:
    """Find a study, run it, and print what it found.

    Parameters
    ----------
    ending
        Called when all was printed; what it returns joins the JSON document.
    """
    with free_output(as_json):
        result = _train(source, out, resume, quiet or as_json, terms or {})
    if not quiet and not as_json:
        _print_summary(result)
    more = {} if ending is None else ending(result)
    if as_json:
        print_json({**_document(result), **more})
    return result


def _print_summary(result: dure.Result) -> None:
    """Print what a run found."""
    from dure.console.tables import summary_table

    console = Console()
    console.print()
    console.print(summary_table(result))
    if (sequential := result.sequential) is not None:
        print(f"\n{sequential}")
    pictures = sorted((result.folder / "pictures").glob("*.png"))
    print(f"\nRun folder {result.folder} ({len(pictures)} pictures in pictures/)")


def _train(
    source: Mapping[str, Any],
    out: Path | None,
    resume: bool,
    silent: bool,
    terms: Mapping[str, Any],
) -> dure.Result:
    console = Console(stderr=True, quiet=silent)
    planned = False
    with _explain_interrupt(console, lambda: not planned):
        from dure.training.run import run_study
        from dure.training.sequential import SequentialTerms, run_until
        from dure.training.setup import make_reporter

        # Its data may have to be downloaded, with a bar that shares no line with a spinner.
        study = find_study(source)
        with console.status("Building and tracing the networks ...") as waiting:

            def shown(prepared: Any) -> Any:
                nonlocal planned
                waiting.stop()
                if not silent and not planned:
                    most = f"at most {terms['max_seeds']} seeds: " if terms.get("until") else ""
                    print(f"{most}{prepared.plan}", end="\n\n")
                planned = True
                return make_reporter(prepared, progress=not silent)

            asked = SequentialTerms(**terms)
            run = partial(run_until, terms=asked) if asked.asked else run_study
            folder = run(study, out=out, resume=resume, source=source, reporter=shown)
            return dure.load(folder, study.build)


@contextmanager
def _explain_interrupt(console: Console, early: Callable[[], bool]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if early():
            console.print("Stopped before training began; there is nothing to go on with.")
        raise


def _document(result: dure.Result, metric: str | None = None) -> dict[str, Any]:
    summary = result.summary(metric).to_dict(orient="records")
    document = {"folder": str(result.folder), "summary": summary}
    document["lanes"] = frame_rows(result.lanes)
    if "sequential" in result.manifest:
        document["sequential"] = result.manifest["sequential"]
    return document


def _exit_code(result: dure.Result) -> int:
    return LANES_FAILED if any(s.kind == "failed" for s in result.statuses) else OK
