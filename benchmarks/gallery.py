"""Runs the gallery in full and writes docs/gallery.md: the notes' figures beside Dure's.

    python benchmarks/gallery.py [ROW ...] --peers-python PEERS/bin/python [--folder runs/gallery]

Every row runs once, its networks all at once; then, for each variant of each study in it, Keras'
own fit on TensorFlow trains one lane for four epochs, of which the median of the last three is
multiplied by the epochs that all lanes ran: what the same lanes would take one after another
(validation and compilation left out, in TensorFlow's favour). Rows already in the folder are not
run again; the page is made from whatever is there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from importlib import import_module
from pathlib import Path

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np

import dure
from dure.core.arrays import leaves
from dure.gallery.index import ROWS, GalleryRow, find_row
from dure.gallery.page import VERDICT, RowPage
from dure.stats.intervals import interval_texts

HERE = Path(__file__).resolve().parent
TIMES = "times.json"


class TimedPage(RowPage):
    """A page that keeps its studies and how long they trained."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.studies: list[tuple[dure.Study, dure.Result, float]] = []

    def run(self, study: dure.Study) -> dure.Result:
        began = time.perf_counter()
        result = super().run(study)
        self.studies.append((study, result, time.perf_counter() - began))
        return result


def run_row(row: GalleryRow, folder: Path, python: str | None) -> None:
    """Run one row, and one lane of each of its variants in the peers' environment."""
    page = TimedPage(folder)
    import_module(row.module).show(page)
    page.close(row)
    dure_seconds = sum(seconds for *_, seconds in page.studies)
    peer = None
    if python is not None:
        try:
            peer = sum(_peer_seconds(study, result, python) for study, result, _ in page.studies)
        except subprocess.CalledProcessError as error:
            print(
                f"{row.id}: a network of it does not train there, so it has no such time: {error}"
            )
    (folder / TIMES).write_text(json.dumps({"dure": dure_seconds, "keras": peer}), encoding="utf-8")


def _peer_seconds(study: dure.Study, result: dure.Result, python: str) -> float:
    """What Keras on TensorFlow would take for all lanes of a study."""
    split = study.splits[0]
    arrays = study.fold_arrays(split)
    inputs = [leaf[split.train] for _, leaf in leaves(arrays.x, "x")]
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder) / "arrays.npz"
        named = {f"x{place}": array for place, array in enumerate(inputs)}
        np.savez(held, inputs=len(inputs), y=arrays.y[split.train], **named)
        for variant in result.variants:
            model = Path(folder) / "model.keras"
            result.best(variant=variant).save(model)
            network = dure.look(model).networks.network().model  # without its words
            network.save(model)
            done = subprocess.run(
                [python, HERE / "peers" / "keras_row.py", model, held, str(study.batch_size)],
                env={**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                encoding="utf-8",
            )
            mine = result.lanes["variant"] == variant
            epochs = int(result.lanes["epochs"][mine].sum())
            total += json.loads(done.stdout.splitlines()[-1])["seconds"] * epochs
    return total


def table(root: Path) -> list[str]:
    """The lines of the page's table, a row of the gallery each."""
    lines = [
        "| row | what it does | figure | note | Dure, mean [95 %] | lanes | Dure s | Keras+TF s |",
        "|---|---|---|---:|---:|---:|---:|---:|",
    ]
    for row in ROWS:
        path = root / row.id / VERDICT
        if not path.is_file():
            continue
        verdict = json.loads(path.read_text(encoding="utf-8"))
        times = json.loads((root / row.id / TIMES).read_text(encoding="utf-8"))
        spent = [_seconds(times[name], verdict["lanes"]) for name in ("dure", "keras")]
        lead = [f"{row.id} {row.name}", row.title]
        tail = [str(verdict["lanes"] or ""), *spent]
        for place, one in enumerate(verdict["comparisons"] or [None]):
            told = ["", "", ""]
            if one is not None:
                text = interval_texts([(one["mean"], one["low"], one["high"])])[0]
                told = [one["what"], f"{one['note']:g}", text]
            cells = [*(lead if place == 0 else ["", ""]), *told]
            lines.append(f"| {' | '.join([*cells, *(tail if place == 0 else [''] * 3)])} |")
    return lines


def _seconds(value: float | None, lanes: int) -> str:
    if value is None or not lanes:
        return ""
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def page(root: Path) -> str:
    """The whole page."""
    excerpts = bool(os.environ.get("DURE_DATA"))
    what = "the excerpts (fewer rows than the notes had)" if excerpts else "the full sets"
    return "\n".join(
        [
            "# The gallery",
            "",
            "Every row of the course notes, by id or name: `dure gallery` lists them, "
            "`dure gallery D2` runs one, `--quick` within a minute.",
            "",
            f"Made by `python benchmarks/gallery.py` on {what}, {os.cpu_count()} cores. The "
            "note's figures are of one run each, on the full sets. Keras+TF: what Keras' own fit "
            "on TensorFlow would take for the same lanes one after another, from one lane's "
            "epochs (none where a network's file does not load there); Dure's seconds hold "
            "compilation, validation, tests and storing, too. The excerpts hold a fifth of the "
            "reviews and a sixth of the digits, so figures below the notes' are expected; each "
            "row says in its verdict what it reached and how many updates that took.",
            "",
            *table(root),
            "",
        ]
    )


def main() -> None:
    """Run the rows asked for and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help="Ids or names; none: all.")
    parser.add_argument("--peers-python", help="Python with Keras and TensorFlow.")
    parser.add_argument("--folder", type=Path, default=Path("runs/gallery"))
    parser.add_argument("--write", action="store_true", help="Write docs/gallery.md.")
    given = parser.parse_args()
    for row in [find_row(name) for name in given.rows] or ROWS:
        folder = given.folder / row.id
        if not (folder / TIMES).is_file():
            print(f"{row.id} {row.name}", flush=True)
            run_row(row, folder, given.peers_python)
    if given.write:
        (HERE.parent / "docs" / "gallery.md").write_text(page(given.folder), encoding="utf-8")
    else:
        print(page(given.folder))


if __name__ == "__main__":
    main()
