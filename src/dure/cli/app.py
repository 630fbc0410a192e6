"""The command itself, and what all its subcommands share: options, errors in words, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, redirect_stdout
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text

import dure
from dure.cli.streams import takes_every_letter
from dure.errors import DureError, RunFolderError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd


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
Target = Annotated[
    str, typer.Argument(metavar="FILE.py[:NAME]", help="A Python file and the study in it.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="ARG=VALUE", help="Fix an argument of build; repeatable."),
]
Language = Annotated[
    str, typer.Option("--lang", metavar="en|ko", help="The language: en (English) or ko (Korean).")
]
NoOpen = Annotated[bool, typer.Option("--no-open", help="Do not open the page in the browser.")]
Run = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, its name, or 'latest'.")]


def _version(wanted: bool) -> None:
    if wanted:
        print(f"dure {dure.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def command(name: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a function a subcommand that says errors in words."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def run(*given: Any, **named: Any) -> None:
            try:
                function(*given, **named)
            except DureError as error:
                print_error(f"Error: {error}")
                raise typer.Exit(ERROR) from None
            except KeyboardInterrupt:
                raise typer.Exit(INTERRUPTED) from None

        app.command(name)(run)
        return function

    return register


def print_error(text: str) -> None:
    """Print a text on the standard error stream, names in it as they are."""
    Console(stderr=True).print(Text(text), soft_wrap=True)


def print_json(document: Any) -> None:
    """Print a document; null stands for NaN, which JSON has not.

    Letters are as they are where the output takes all of them, and escaped elsewhere.
    """
    print(json.dumps(_without_nan(document), ensure_ascii=not takes_every_letter()))


def print_answer(
    as_json: bool,
    document: Callable[[], Any],
    show: Callable[[], Any],
    picture: Path | None = None,
) -> None:
    """Print what was found: one JSON document, or what `show` prints and where the picture is."""
    if as_json:
        print_json(document())
        return
    show()
    if picture is not None:
        print(f"\nPicture {picture}")


def print_parts(*parts: RenderableType) -> None:
    """Print tables and texts, one below the other; names in texts are never markup."""
    console = Console()
    for part in parts:
        console.print(Text(part) if isinstance(part, str) else part)


def frame_rows(frame: pd.DataFrame, digits: int = 10) -> list[dict[str, Any]]:
    """The rows of a table as JSON has them."""
    rows: list[dict[str, Any]] = json.loads(
        frame.to_json(orient="records", double_precision=digits)
    )
    return rows


def free_output(as_json: bool) -> AbstractContextManager[Any]:
    """Keep the standard output for the one document: a study's file may print, too."""
    return redirect_stdout(sys.stderr) if as_json else nullcontext()


def load_run(name: str) -> dure.Result:
    """A result by the path of its folder, by its name under runs/, or the latest there."""
    return dure.load(find_run_folder(name))


def find_run_folder(name: str) -> Path:
    """A run folder by path, by name under runs/, or the latest there."""
    from dure.storage.model_folders import describe_models
    from dure.storage.run_folder import is_run_folder
    from dure.storage.run_list import latest, list_runs

    if name == "latest":
        return latest("runs")
    for path in (Path(name), Path("runs") / name):
        if is_run_folder(path):
            return path
    if told := describe_models(Path(name)):
        raise RunFolderError(f"{name} is no run folder. {told}")
    known = [run.folder.name for run in list_runs("runs")]
    raise RunFolderError(
        f"there is no run folder {name!r}; `dure list` shows those there are."
        + did_you_mean(name, known)
    )


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_nan(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
