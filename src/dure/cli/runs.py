"""Commands that train, and that show what was trained: demo, run, resume, list, show."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from dure._errors import RunFolderError, StudyError
from dure.cli.app import (
    LANES_FAILED,
    OK,
    Epochs,
    Json,
    Out,
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
from dure.cli.source import find_study, overrides, source_of

if TYPE_CHECKING:
    from dure.result import Result


@app.command()
def demo(
    out: Out = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """A small network that overfits, and four cures, on real digits: about a minute on two cores.

    Example:  dure demo --seeds 10
    """
    with errors_in_words():
        source = {"module": "dure.gallery.demo", "name": "study", **overrides(seeds, epochs, [])}
        result = _run(source, out, resume=False, quiet=quiet, as_json=as_json)
        if not quiet and not as_json:
            folder = result.folder
            print(
                f"\nWhat to do next\n"
                f"  look at the curves      {folder / 'pictures'}\n"
                f"  which one is better     dure compare {folder} --baseline baseline\n"
                f"  does it overfit         dure overfitting {folder}\n"
                f"  what ails it            dure health {folder}\n"
                f"  look inside             dure look {folder}\n"
                f"  more seeds              dure resume {folder} --seeds 10\n"
                f"  your own network        put a `study = dure.Study(...)` in a file, then\n"
                f"                          dure run FILE.py"
            )
        raise typer.Exit(_exit_code(result))


@app.command()
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
    with errors_in_words():
        source = source_of(target, seeds, epochs, settings)
        terms = {"until": until, "max_seeds": max_seeds, "rope": rope, "baseline": baseline}
        result = _run(source, out, resume=False, quiet=quiet, as_json=as_json, terms=terms)
        raise typer.Exit(_exit_code(result))


@app.command()
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
    with errors_in_words():
        from dure.store import Store

        path = folder_of(folder)
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
            source = {**source, "seeds": _enlarged(present, seeds, path)}
        elif seeds is not None:
            raise StudyError(
                f"{path} adds its seeds by itself until it is decided: resume it without --seeds."
            )
        result = _run(source, path, resume=True, quiet=quiet, as_json=as_json, terms=terms)
        raise typer.Exit(_exit_code(result))


@app.command("list")
def list_(
    root: Annotated[Path, typer.Argument(help="Folder that holds run folders.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the runs in a folder, oldest first.

    Example:  dure list runs
    """
    with errors_in_words():
        from dure.store import list_runs

        runs = list_runs(root)
        if as_json:
            print(json.dumps([{**r._asdict(), "folder": str(r.folder)} for r in runs]))
        elif runs:
            from dure.view.terminal import runs_table

            Console().print(runs_table(runs))
        else:
            print(f"No runs in {root}. Start one with: dure demo")


@app.command()
def show(
    folder: Run,
    metric: Annotated[str | None, typer.Option("--metric", help="Only this metric.")] = None,
    lanes: Annotated[bool, typer.Option("--lanes", help="One row a lane, too.")] = False,
    as_json: Json = False,
) -> None:
    """Show what a run found, finished or still in training.

    Example:  dure show latest --metric val_loss
    """
    with errors_in_words():
        from dure.result import load

        result = load(folder_of(folder))
        if as_json:
            print(_json(result, metric))
            return
        from dure.view.terminal import lanes_table, metric_table, summary_table

        console = Console()
        console.print(metric_table(result, metric) if metric else summary_table(result))
        if lanes:
            console.print(lanes_table(result))


def _terms_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """How a run until decided was asked for; {} for any other."""
    from dure.evidence.sequential import Sequential

    sequential = Sequential.of_manifest(manifest)
    if sequential is None:
        return {}
    rule = sequential.rule
    most = rule.plan.looks[-1]
    terms = {"max_seeds": most, "rope": rule.rope, "baseline": rule.baseline}
    return {"until": "decided", **terms}


def _enlarged(present: list[int], total: int | None, folder: Path) -> list[int]:
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
) -> Result:
    """Find a study, run it, and print what it found."""
    # A study's file may print; with --json only the document may reach the standard output.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        result = _trained(source, out, resume, quiet or as_json, terms or {})
    if as_json:
        print(_json(result, None))
    elif not quiet:
        from dure.view.terminal import summary_table

        console = Console()
        console.print()
        console.print(summary_table(result))
        if (sequential := result.sequential) is not None:
            print(f"\n{sequential}")
        pictures = sorted((result.folder / "pictures").glob("*.png"))
        print(f"\nRun folder {result.folder} ({len(pictures)} pictures in pictures/)")
    return result


def _trained(
    source: Mapping[str, Any],
    out: Path | None,
    resume: bool,
    silent: bool,
    terms: Mapping[str, Any],
) -> Result:
    console = Console(stderr=True, quiet=silent)
    planned = False
    with _said_on_interrupt(console, lambda: not planned):
        from dure.run import reporter_for, run_study

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
                return reporter_for(prepared, progress=not silent)

            return run_study(study, out, resume=resume, source=source, reporter=shown, **terms)


@contextmanager
def _said_on_interrupt(console: Console, early: Callable[[], bool]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if early():
            console.print("Stopped before training began; there is nothing to go on with.")
        raise


def _json(result: Result, metric: str | None) -> str:
    summary = result.summary(metric).to_dict(orient="records")
    lanes = json.loads(result.lanes.to_json(orient="records"))
    document = {"folder": str(result.folder), "summary": summary, "lanes": lanes}
    if "sequential" in result.manifest:
        document["sequential"] = result.manifest["sequential"]
    return json.dumps(without_nan(document), ensure_ascii=False)


def _exit_code(result: Result) -> int:
    return LANES_FAILED if any(s.kind == "failed" for s in result.statuses) else OK
