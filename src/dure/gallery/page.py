"""What a row of the gallery leaves: its answers in words, pictures, run folders.

A row is a study and the questions asked of it. Questions that many rows ask are verbs here, and
what they say and draw comes from `dure.Result` and `dure.plots`.
"""

from __future__ import annotations

import json
import time
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

import dure
from dure.gallery.index import GalleryRow
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count
from dure.plots.curves import curves
from dure.stats.intervals import Interval, interval_texts, mean_interval
from dure.storage.files import explained, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dure.analysis.comparison.table import Comparison
    from dure.analysis.overfitting.model import Overfitting

VERDICT = "verdict.json"


@dataclass(frozen=True)
class NoteFigure:
    """A figure of the notes beside Dure's own: mean with its 95 % interval over `lanes` lanes."""

    what: Message
    note: float
    mean: float
    low: float
    high: float
    lanes: int


def interval_of(values: ArrayLike) -> Interval:
    """The mean's interval over independent lanes, shape [lane], or over [seed, fold]."""
    array = np.asarray(values, np.float64)
    return mean_interval(array if array.ndim == 2 else array.reshape(-1, 1))


def interval_text(interval: Interval) -> Message:
    """'0.912 [0.905, 0.919]'; '10 in each' where all lanes say the same."""
    if interval.n > 1 and interval.low == interval.high:
        return say("{value:g} in each", value=interval.mean)
    return as_is(interval_texts([interval[:3]])[0])


class RowPage:
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
        row: GalleryRow | None = None,
    ) -> None:
        self.row = row
        self.folder, self.quick, self.progress = folder, quick, progress
        self.seeds, self.epochs = seeds, epochs
        self.lines: list[Message] = []
        self.facts: dict[str, Any] = {}
        self.comparisons: list[NoteFigure] = []
        self.pictures: list[Path] = []
        self.lanes = 0
        self._began = time.perf_counter()
        with explained("write a gallery row", folder):
            folder.mkdir(parents=True, exist_ok=True)

    # -- what a row leaves -------------------------------------------------------------------------

    def run(self, study: dure.Study) -> dure.Result:
        """Train a study, with the seeds and epochs that were asked for, in ``folder/<its name>``.

        Its curves are drawn by the run itself, into ``pictures/`` of its run folder.
        """
        asked: dict[str, Any] = {"seeds": self.seeds, "epochs": self.epochs}
        changes = {name: n for name, n in asked.items() if n is not None}
        source: dict[str, Any] | None = None
        if self.row is not None:  # for `dure look` and `dure resume`
            source = {"gallery": self.row.id, "quick": self.quick}
            source |= {"folder": str(self.folder.resolve()), "name": study.name, **changes}
        result = replace(study, **changes).run(
            self.folder / study.name, progress=self.progress, resume=True, source=source
        )
        self.lanes += len(result.lanes)
        return result

    def say(self, line: str, /, **values: Any) -> None:
        """Add a sentence to the verdict: a template with its values, or one already made."""
        self.lines.append(line if isinstance(line, Message) else Message(line, values))

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

    # -- questions ---------------------------------------------------------------------------------

    def interval(self, name: str, values: ArrayLike) -> Message:
        """Keep mean and interval over lanes as a fact, and give them as text."""
        found = interval_of(values)
        self.fact(name, found[:3])
        return interval_text(found)

    def tell(self, what: str, values: ArrayLike, fact: str | None = None) -> None:
        """Say mean and interval over lanes, 'what: 0.912 [0.905, 0.919].', and keep them."""
        text = self.interval(what if fact is None else fact, values)
        self.say(joined((what, ": ", text, "."), ""))

    def parameters(
        self, result: dure.Result, variant: str | None = None, note: int | None = None
    ) -> None:
        """How many parameters a variant's network has; the note's figure beside where it agrees."""
        size = result.best(variant=variant).model().count_params()
        first = variant in (None, result.variants[0])
        self.fact("parameters" if first else f"parameters {variant}", size)
        line = say("{count:,} parameters.", count=size)
        if size == note:
            line = say("{count:,} parameters, as in the note ({note:,}).", count=size, note=note)
        self.say(of_variant(result, variant or result.variants[0]) + line)

    def curves(self, result: dure.Result, *metrics: str) -> None:
        """The curves of these metrics, a picture each."""
        for metric in metrics:
            self.picture(metric, curves(result, metric))

    def note(
        self,
        what: Message,
        note: float,
        result: dure.Result,
        metric: str,
        variant: str | None = None,
    ) -> NoteFigure:
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
        found = mean_interval(values.transpose("seed", "fold").values)
        lost = as_is("")
        if found.n < found.of:
            number = found.of - found.n
            lost = say("; {lost} of {of} lanes diverged or failed", lost=number, of=found.of)
        self.say(
            "{what}: {told} on {where} ({lanes} lanes{lost}); the note's one run: {note:g}.",
            what=what,
            told=interval_texts([found[:3]])[0],
            where=say("an excerpt") if result.curves.attrs["excerpt"] else say("the full set"),
            lanes=found.n,
            lost=lost,
            note=note,
        )
        return self.beside(what, note, found)

    def beside(self, what: Message, note: float, found: Interval, factor: float = 1) -> NoteFigure:
        """Keep a figure of the notes for the page's table, beside `factor` times an interval."""
        mean, low, high = (factor * value for value in found[:3])
        figure = NoteFigure(what, note, mean, low, high, found.n)
        self.comparisons.append(figure)
        return figure

    def compare(self, comparison: Comparison, head: str = "") -> None:
        """Say every pair's verdict; those with too few seeds for a test in one sentence.

        Each verdict is kept as the fact "<head>, <metric>, <first> against <second>".
        """
        begin, few = f"{head}, " if head else "", []
        for pair in comparison.pairs:
            name = f"{begin}{comparison.metric}, {pair.first} against {pair.second}"
            self.fact(name, pair.verdict)
            if pair.verdict == "too few":
                few.append(pair)
            else:
                self.say(joined((head, pair.describe()), ": "))
        if few:
            texts = interval_texts([(pair.difference, pair.low, pair.high) for pair in few])
            so_far = joined((f"{p.first} {text}" for p, text in zip(few, texts, strict=True)), "; ")
            line = say(
                "{seeds}: too few to test. So far, {metric} less that of {second}: {so_far}.",
                seeds=count(few[0].pairs, few[0].unit),
                metric=comparison.metric,
                second=few[0].second,
                so_far=so_far,
            )
            self.say(joined((head, line), ": "))

    def overfitting(self, result: dure.Result, metric: str = "loss") -> Overfitting:
        """Where validation turns and what training on gives away, as `dure.Result` says it."""
        found = result.overfitting(metric)
        for row in found.rows:
            self.say(row.describe(found.tolerance, found.metric))
        self.fact("kinds", {row.variant: row.kind for row in found.rows})
        return found

    def health(self, result: dure.Result) -> None:
        """What ails the networks, as `dure.Result.health` says it; the kinds are kept as a fact."""
        findings = result.health().findings
        for finding in findings:
            self.say(finding.sentence)
        self.fact("findings", [f"{one.variant}: {one.kind}" for one in findings])

    def close(self, row: GalleryRow) -> None:
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


def of_variant(result: dure.Result, variant: str) -> Message:
    """'name: ' where a result has several variants."""
    return as_is(f"{variant}: " if len(result.variants) > 1 else "")


def _as_json(value: Any) -> Any:
    """What JSON does not know: numbers and arrays of NumPy, xarray, JAX."""
    return np.asarray(value).tolist()
