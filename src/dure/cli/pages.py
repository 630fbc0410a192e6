"""Pages of `dure report`, `dure demo` and `dure gallery`: measured, made, written and shown."""

from __future__ import annotations

import os
import sys
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console

import dure
from dure.cli.app import find_run_folder, print_error
from dure.core.formatting import format_bytes
from dure.core.terminal import LateBar
from dure.errors import DureError, RunFolderError, did_you_mean
from dure.report.facts import ignore_progress
from dure.report.inspection.section import is_older
from dure.report.search_document import document_of
from dure.report.sections.remedies import REQUEST, VERDICT, find_search
from dure.storage.files import explained, write_atomically
from dure.storage.run_folder import is_run_folder
from dure.storage.run_list import latest, list_runs

if TYPE_CHECKING:
    from dure.blocks.content import Document


class WrittenPage(NamedTuple):
    """A page that was written."""

    path: Path
    bytes: int
    unseen: str | None = None
    """Why nothing inside the networks was measured; None where it was."""

    def describe(self) -> str:
        """Where it is, and what it lacks."""
        lines = [f"Page {self.path} ({format_bytes(self.bytes)})"]
        if self.unseen:
            lines.append(f"Nothing inside the networks was measured: {self.unseen}")
        return "\n".join(lines)


class ReportRequest(NamedTuple):
    """What a report of runs shall tell, as `dure.report.document.document` takes it."""

    baseline: str | None = None
    metric: str | None = None
    rope: float | None = None


NOTHING = ReportRequest()
UNFINISHED = "look-unfinished"
"""Lies in a run folder while its networks are looked into: whoever is killed leaves it behind."""


def has_screen() -> bool:
    """Whether someone sits before a screen on which a browser can open."""
    if os.environ.get("CI") or not sys.stdout.isatty():
        return False
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_page(path: Path) -> None:
    """Open a page in the browser where there is a screen; without a browser nothing happens."""
    if has_screen():
        with suppress(OSError, webbrowser.Error):  # the path is printed
            webbrowser.open(path.resolve().as_uri())


def is_cure_folder(folder: Path) -> bool:
    """Whether a search for cures was begun here."""
    return (folder / REQUEST).is_file()


def is_row_folder(folder: Path) -> bool:
    """Whether a row of the gallery was run here."""
    return (folder / VERDICT).is_file() and not is_cure_folder(folder)


def find_reported(name: str) -> Path:
    """A folder that can be reported on, by path, by name under runs/, or the latest run.

    Raises
    ------
    RunFolderError
        There is none, or its search for cures is not over.
    """
    if name == "latest":
        return latest("runs")
    for folder in (Path(name), Path("runs") / name):
        if is_cure_folder(folder) and not (folder / VERDICT).is_file():
            raise RunFolderError(
                f"the search for cures in {folder} is not over: go on with it by "
                f"`dure cure ... --out {folder} --resume`."
            )
        if is_run_folder(folder) or is_cure_folder(folder) or is_row_folder(folder):
            return folder
    return find_run_folder(name)  # which says what there is


def find_runs(folder: Path) -> list[Path]:
    """The run folders that a page about this folder looks into."""
    if is_run_folder(folder):
        return [folder]
    if is_row_folder(folder):
        return [run.folder for run in list_runs(folder) if run.problem is None]
    return []


def measure_inside(result: dure.Result, console: Console, what: Sequence[str] = ()) -> str | None:
    """Look inside the networks of a run, unless that was done, or the run is not over.

    Parameters
    ----------
    console
        Where progress is shown.
    what
        Names of measurements; none: all.

    Returns
    -------
    Why nothing could be measured; None where it was, or where it has to wait.
    """
    arrays, unfinished = list((result.folder / "lens").glob("*.nc")), result.folder / UNFINISHED
    if arrays and not unfinished.exists() and not is_older(arrays, result.folder):
        return None
    if not all(status.done for status in result.statuses):
        return None
    from dure.cli.look_request import LookRequest, look_inside

    reason = None
    with suppress(OSError):  # a folder that cannot be written says so itself
        unfinished.touch()
    with redirect_stdout(sys.stderr):  # what a study's file prints is no part of the answer
        try:
            look_inside(LookRequest(str(result.folder), what=what), console)
        except DureError as error:
            reason = str(error)
        except Exception as error:  # whatever a study's own code raises: the page can do without
            reason = f"{type(error).__name__}: {error}"
    with suppress(OSError):
        unfinished.unlink(missing_ok=True)
    return reason


def make_document(
    result: dure.Result,
    other: dure.Result | None = None,
    asked: ReportRequest = NOTHING,
    tell: Callable[[str, int, int], None] = ignore_progress,
) -> Document:
    """The report of a run, with the search for cures that was made of it, if there is one.

    Parameters
    ----------
    other
        A second run, beside the first.
    tell
        As of `dure.report.document.document`.

    Raises
    ------
    DureError
        What was asked for is not in the run.
    """
    from dure.report.document import document

    return document(result, other, **asked._asdict(), cure=find_search(result), tell=tell)


def _check(
    folder: Path, runs: Sequence[dure.Result], other: Path | None, asked: ReportRequest
) -> None:
    """Raises DureError for what a report cannot tell, before anything takes long."""
    if not is_run_folder(folder):
        if other is not None or any(value is not None for value in asked):
            raise DureError(
                f"{folder} is no single run: RUN2, --baseline, --metric and --rope are of runs."
            )
        return
    for result in runs:
        if asked.metric is not None:
            result.at_best(asked.metric)  # raises for a metric it does not have
    variants = [variant for result in runs for variant in result.variants]
    # Of two runs, variants of one name get the run's in front.
    if other is None and asked.baseline is not None and asked.baseline not in variants:
        raise DureError(
            f"There is no variant {asked.baseline!r}; this study has {', '.join(variants)}."
            + did_you_mean(asked.baseline, variants)
        )


def write_page(document: Document, path: Path, language: str) -> int:
    """Write a page, whole or not at all; its size in bytes.

    Raises
    ------
    RunFolderError
        It cannot be written there.
    """
    from dure.report.html import page

    content = page(document, language).encode()
    try:
        with explained("write the page", path.parent):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, iter([content]))
    except RunFolderError as error:
        raise RunFolderError(
            f"{error} `dure report RUN --out FILE.html` writes elsewhere."
        ) from None
    return len(content)


def name_page(language: str, beside: str = "") -> str:
    """The name of a page in a run folder: 'report.html', 'report.ko.html'.

    Parameters
    ----------
    beside
        Name of a second run, for the page of two.
    """
    parts = [
        "report",
        f"-and-{beside}" if beside else "",
        "" if language == "en" else f".{language}",
    ]
    return "".join(parts) + ".html"


def make_page(
    folder: Path,
    language: str = "en",
    *,
    other: Path | None = None,
    asked: ReportRequest = NOTHING,
    out: Path | None = None,
    what: Sequence[str] | None = (),
    console: Console,
    of_row: Callable[[Path], Document] = document_of,
) -> WrittenPage:
    """Measure what is missing, make the document, write the page.

    Parameters
    ----------
    folder
        Of a run, of a search for cures, or of a row of the gallery.
    other
        The folder of a second run.
    out
        Where to; None: beside what it tells of, by `name_page`.
    what
        Names of measurements to make first; none: all that fit. None: nothing is measured.
    console
        Where progress is shown.
    of_row
        Makes the document of a row of the gallery.

    Raises
    ------
    DureError
        A folder cannot be read or written, or what was asked for is not in it.
    """
    runs = [dure.load(run) for run in (*find_runs(folder), *([] if other is None else [other]))]
    _check(folder, runs, other, asked)
    unseen = []
    for run in runs if what is not None else ():
        reason = measure_inside(run, console, what or ())
        if reason is not None:
            unseen.append(reason if len(runs) == 1 else f"{run.folder.name}: {reason}")
    with LateBar(console) as bar:
        if is_run_folder(folder):
            document = make_document(runs[0], None if other is None else runs[-1], asked, bar)
        else:
            document = (document_of if is_cure_folder(folder) else of_row)(folder)
        path = out or folder / name_page(language, "" if other is None else other.resolve().name)
        size = write_page(document, path, language)
    return WrittenPage(path, size, "; ".join(unseen) or None)


def make_page_or_explain(
    folder: Path,
    language: str,
    *,
    what: Sequence[str] | None,
    silent: bool,
    opened: bool,
    of_row: Callable[[Path], Document] = document_of,
) -> WrittenPage | None:
    """The page of what has just been trained; what goes wrong is said, and the run stays.

    Parameters
    ----------
    what
        As of `make_page`.
    silent
        Show no progress, print nothing but what went wrong, and open nothing.
    opened
        Whether to open it in the browser where there is a screen.
    of_row
        As of `make_page`.
    """
    later = f"make it with `dure report {folder}`"
    try:
        console = Console(stderr=True, quiet=silent)
        made = make_page(folder, language, what=what, console=console, of_row=of_row)
    except KeyboardInterrupt:
        print_error(f"Stopped before the page was made. What was trained is kept; {later}.")
        raise
    except Exception as error:  # nothing about a page may cost anyone a run
        reason = str(error) if isinstance(error, DureError) else f"{type(error).__name__}: {error}"
        print_error(
            f"The page could not be made: {reason.rstrip('.')}. What was trained is kept; {later}."
        )
        return None
    if not silent:
        print(f"\n{made.describe()}")
        if opened:
            open_page(made.path)
    return made
