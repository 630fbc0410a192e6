"""What a row of the gallery leaves: a verdict in words, pictures, run folders."""

from __future__ import annotations

import json
import time
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.gallery.index import Row
from dure.messages.message import Message, as_is, say
from dure.result import load
from dure.stats.intervals import interval_texts, mean_interval
from dure.storage.files import explained, write_atomically
from dure.training.run import run_study

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dure.result import Result
    from dure.study import Study

VERDICT = "verdict.json"


@dataclass(frozen=True)
class Comparison:
    """A figure of the notes beside Dure's own: mean with its 95 % interval over `lanes` lanes."""

    what: Message
    note: float
    mean: float
    low: float
    high: float
    lanes: int


class Page:
    """What a row leaves: ``verdict.json``, pictures (PNG) and the run folders of its studies.

    Parameters
    ----------
    folder
        Made if it is not there. Studies in it that were stopped are gone on with.
    quick
        Whether the row shall end within a minute on two cores, on fewer rows or epochs.
    seeds, epochs
        Instead of the studies' own.
    progress
        Whether to show progress on the terminal.
    row
        Which row this is; its run folders then say where their studies come from.
    """

    def __init__(
        self,
        folder: Path,
        quick: bool = False,
        seeds: int | None = None,
        epochs: int | None = None,
        progress: bool = True,
        row: Row | None = None,
    ) -> None:
        self.row = row
        self.folder, self.quick, self.progress = folder, quick, progress
        self.seeds, self.epochs = seeds, epochs
        self.lines: list[Message] = []
        self.facts: dict[str, Any] = {}
        self.comparisons: list[Comparison] = []
        self.pictures: list[Path] = []
        self.lanes = 0
        self._began = time.perf_counter()
        with explained("write a gallery row", folder):
            folder.mkdir(parents=True, exist_ok=True)

    def run(self, study: Study) -> Result:
        """Train a study, with the seeds and epochs that were asked for, in ``folder/<its name>``.

        Its curves are drawn by the run itself, into ``pictures/`` of its run folder.
        """
        asked: dict[str, Any] = {"seeds": self.seeds, "epochs": self.epochs}
        changes = {name: n for name, n in asked.items() if n is not None}
        folder = run_study(
            replace(study, **changes),
            self.folder / study.name,
            progress=self.progress,
            resume=True,
            source=self._source(study.name, changes),
        )
        result = load(folder, study.build)
        self.lanes += len(result.lanes)
        return result

    def _source(self, name: str, changes: dict[str, Any]) -> dict[str, Any] | None:
        """Where the study of this name comes from, for `dure look` and `dure resume`."""
        if self.row is None:
            return None
        where = {"gallery": self.row.id, "quick": self.quick, "folder": str(self.folder.resolve())}
        return {**where, "name": name, **changes}

    def say(self, line: Message) -> None:
        """Add a sentence to the verdict."""
        self.lines.append(as_is(line))

    def fact(self, name: str, value: Any) -> None:
        """Keep a number (or arrays, lists and dicts of them) that the row rests on, by name."""
        self.facts[name] = json.loads(json.dumps(value, default=_as_json))

    def picture(self, name: str, figure: Figure) -> None:
        """Write a picture as ``<name>.png``."""
        path = self.folder / f"{name}.png"
        with explained("write a picture", self.folder), warnings.catch_warnings():
            # A name in a script that no installed font has: boxes, no reason to stop.
            warnings.filterwarnings("ignore", r"Glyph \d+", UserWarning)
            figure.savefig(path, dpi=130)
        self.pictures.append(path)

    def compare(
        self, what: Message, note: float, result: Result, metric: str, variant: str | None = None
    ) -> Comparison:
        """Put a figure of the notes beside the study's own, and say it.

        Parameters
        ----------
        what
            In words, such as "validation accuracy of D2".
        note
            The notes' figure, of one run.
        metric
            Such as "val_accuracy" (at each lane's best epoch) or "test_accuracy".
        variant
            Which; None where there is one only.
        """
        values = result.at_best(metric)
        values = values.sel(variant=result.variants[0] if variant is None else variant)
        mean, low, high, lanes, of = mean_interval(values.transpose("seed", "fold").values)
        made = Comparison(what, note, mean, low, high, lanes)
        self.comparisons.append(made)
        told = interval_texts([(mean, low, high)])[0]
        where = say("an excerpt") if result.curves.attrs["excerpt"] else say("the full set")
        lost = as_is("")
        if lanes < of:
            lost = say("; {lost} of {of} lanes diverged or failed", lost=of - lanes, of=of)
        self.say(
            say(
                "{what}: {told} on {where} ({lanes} lanes{lost}); the note's one run: {note:g}.",
                **{"what": what, "told": told, "where": where},
                **{"lanes": lanes, "lost": lost, "note": note},
            )
        )
        return made

    def close(self, row: Row) -> None:
        """Write ``verdict.json``: lines, comparisons, facts, lanes, seconds.

        ``said`` holds title, lines and what is compared once more, as templates with their values,
        so that a page can say them in another language.
        """
        document = {
            **{"id": row.id, "name": row.name, "title": row.title, "quick": self.quick},
            **{"lines": self.lines, "facts": self.facts, "lanes": self.lanes},
            "seconds": round(time.perf_counter() - self._began, 2),
            "comparisons": [asdict(one) for one in self.comparisons],
            "pictures": [path.name for path in self.pictures],
            "said": {
                "title": row.title.to_json(),
                "lines": [line.to_json() for line in self.lines],
                "comparisons": [as_is(one.what).to_json() for one in self.comparisons],
            },
        }
        text = json.dumps(document, indent=1, ensure_ascii=False, default=_as_json)
        with explained("write a verdict", self.folder):
            write_atomically(self.folder / VERDICT, iter([text.encode()]))


def _as_json(value: Any) -> Any:
    """What JSON does not know: numbers and arrays of NumPy, xarray, JAX."""
    return np.asarray(value).tolist()
