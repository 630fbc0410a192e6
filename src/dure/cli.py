"""The command line: thin, every command with an example in its help."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from dure import __version__
from dure._errors import DureError, RunFolderError, did_you_mean
from dure._source import find_study, overrides

if TYPE_CHECKING:
    from dure.result import Result

OK, ERROR, LANES_FAILED, INTERRUPTED = 0, 1, 3, 130

EXIT_CODES = (
    "Exit codes: 0 all went well, 1 an error said in words, 2 wrong usage, 3 some lanes failed, "
    "130 stopped by Ctrl-C."
)

app = typer.Typer(
    name="dure",
    help="Train every variant x seed x fold of a Keras model at once; answer with evidence.\n\n"
    "Begin with:  dure demo\n\n" + EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

Out = Annotated[
    Path | None, typer.Option("--out", help="Run folder; a new one under runs/ if none.")
]
Seeds = Annotated[int | None, typer.Option("--seeds", help="How many seeds, instead of its own.")]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Epochs, instead of its own.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, nothing else.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, its name, or 'latest'.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"dure {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


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
    with _errors_in_words():
        source = {"module": "dure.gallery.demo", "name": "study", **overrides(seeds, epochs, [])}
        result = _run(source, out, resume=False, quiet=quiet, as_json=as_json)
        if not quiet and not as_json:
            folder = result.folder
            print(
                f"\nWhat to do next\n"
                f"  look at the curves      {folder / 'pictures'}\n"
                f"  see one metric          dure show {folder} --metric val_accuracy\n"
                f"  more seeds              dure demo --seeds 20\n"
                f"  your own network        put a `study = dure.Study(...)` in a file, then\n"
                f"                          dure run FILE.py"
            )
        raise typer.Exit(_exit_code(result))


@app.command()
def run(
    target: Annotated[
        str, typer.Argument(metavar="FILE.py[:NAME]", help="A Python file and the study in it.")
    ],
    out: Out = None,
    seeds: Seeds = None,
    epochs: Epochs = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="ARG=VALUE", help="Fix an argument of build; repeatable."),
    ] = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Run the study in a Python file.

    Example:  dure run reviews.py:study --seeds 10 --epochs 20 --set cell=LSTM --out runs/lstm
    """
    with _errors_in_words():
        file, _, name = target.partition(":") if ".py:" in target else (target, "", "")
        changes = overrides(seeds, epochs, settings or [])
        source = {"file": str(Path(file).resolve()), "name": name or None, **changes}
        result = _run(source, out, resume=False, quiet=quiet, as_json=as_json)
        raise typer.Exit(_exit_code(result))


@app.command()
def resume(folder: Run, quiet: Quiet = False, as_json: Json = False) -> None:
    """Go on with a run that was stopped or killed; it ends as if it never had been.

    Example:  dure resume runs/demo-3f9a1c
    """
    with _errors_in_words():
        from dure.store import read_manifest

        path = _folder(folder)
        source = read_manifest(path).get("source")
        if not source:
            raise RunFolderError(
                f"{path} was started from Python, so only Python knows its build function: call "
                f"study.run(out={str(path)!r}, resume=True) there."
            )
        result = _run(source, path, resume=True, quiet=quiet, as_json=as_json)
        raise typer.Exit(_exit_code(result))


@app.command("list")
def list_(
    root: Annotated[Path, typer.Argument(help="Folder that holds run folders.")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the runs in a folder, oldest first.

    Example:  dure list runs
    """
    with _errors_in_words():
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
    with _errors_in_words():
        from dure.result import load

        result = load(_folder(folder))
        if as_json:
            print(_json(result, metric))
            return
        from dure.view.terminal import lanes_table, metric_table, summary_table

        console = Console()
        console.print(metric_table(result, metric) if metric else summary_table(result))
        if lanes:
            console.print(lanes_table(result))


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
    with _errors_in_words():
        from dure._look_command import Request, run_look

        request = Request(target, data, column, layers or (), what or (), rows, lane, variant, out)
        run_look(request, _folder, quiet=quiet, as_json=as_json)


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
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Studies from single neurons to recurrent networks, by name, on real data.

    Example:  dure gallery D2 --quick
    """
    with _errors_in_words():
        from dure._gallery_command import list_rows, run_row

        if name is None:
            list_rows(as_json)
        else:
            run_row(
                name, out, quick=quick, seeds=seeds, epochs=epochs,
                silent=quiet or as_json, as_json=as_json,
            )  # fmt: skip


def _run(
    source: Mapping[str, Any], out: Path | None, resume: bool, quiet: bool, as_json: bool
) -> Result:
    """Find a study, run it, and print what it found."""
    # A study's file may print; with --json only the document may reach the standard output.
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        result = _trained(source, out, resume, silent=quiet or as_json)
    if as_json:
        print(_json(result, None))
    elif not quiet:
        from dure.view.terminal import summary_table

        console = Console()
        console.print()
        console.print(summary_table(result))
        pictures = sorted((result.folder / "pictures").glob("*.png"))
        print(f"\nRun folder {result.folder} ({len(pictures)} pictures in pictures/)")
    return result


def _trained(source: Mapping[str, Any], out: Path | None, resume: bool, silent: bool) -> Result:
    console = Console(stderr=True, quiet=silent)
    planned = False
    with _said_on_interrupt(console, lambda: not planned):
        from dure.run import reporter_for, run_study

        # Its data may have to be downloaded, with a bar that shares no line with a spinner.
        study = find_study(source)
        with console.status("Building and tracing the networks ...") as waiting:

            def shown(prepared: Any) -> Any:
                nonlocal planned
                planned = True
                waiting.stop()
                if not silent:
                    print(prepared.plan, end="\n\n")
                return reporter_for(prepared, progress=not silent)

            return run_study(study, out, resume=resume, source=source, reporter=shown)


@contextmanager
def _said_on_interrupt(console: Console, early: Callable[[], bool]) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        if early():
            console.print("Stopped before training began; there is nothing to go on with.")
        raise


def _folder(name: str) -> Path:
    """A run folder by path, by name under runs/, or the latest there."""
    from dure.store import is_run_folder, latest, list_runs

    if name == "latest":
        return latest("runs")
    for path in (Path(name), Path("runs") / name):
        if is_run_folder(path):
            return path
    known = [run.folder.name for run in list_runs("runs")]
    raise RunFolderError(
        f"there is no run folder {name!r}; `dure list` shows those there are."
        + did_you_mean(name, known)
    )


def _json(result: Result, metric: str | None) -> str:
    summary = result.summary(metric).to_dict(orient="records")
    lanes = json.loads(result.lanes.to_json(orient="records"))
    document = {"folder": str(result.folder), "summary": summary, "lanes": lanes}
    return json.dumps(_without_nan(document), ensure_ascii=False)


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_nan(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value


def _exit_code(result: Result) -> int:
    return LANES_FAILED if any(s.kind == "failed" for s in result.statuses) else OK


@contextmanager
def _errors_in_words() -> Iterator[None]:
    try:
        yield
    except DureError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(Text(f"Error: {message}"), soft_wrap=True)
    raise typer.Exit(ERROR)
