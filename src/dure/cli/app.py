"""The command itself, and what all its subcommands share: options, errors in words, JSON."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from dure import __version__
from dure.errors import DureError, RunFolderError, did_you_mean

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
        print(f"dure {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@contextmanager
def errors_in_words() -> Iterator[None]:
    try:
        yield
    except DureError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _fail(message: str) -> NoReturn:
    Console(stderr=True).print(Text(f"Error: {message}"), soft_wrap=True)
    raise typer.Exit(ERROR)


def folder_of(name: str) -> Path:
    """A run folder by path, by name under runs/, or the latest there."""
    from dure.storage.run_folder import is_run_folder
    from dure.storage.run_list import latest, list_runs

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


def without_nan(value: Any) -> Any:
    """JSON has no NaN: null stands for it."""
    if isinstance(value, dict):
        return {k: without_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [without_nan(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
