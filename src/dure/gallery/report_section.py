"""What a row of the gallery left, from its folder alone: no Keras and no JAX is loaded."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from dure.blocks.content import Block, Bullets, Folded, Pairs, Prose, Section, Table
from dure.blocks.pictures import Tile, Tiles
from dure.core.formatting import format_number
from dure.errors import RunFolderError
from dure.messages.message import Message, as_is, say
from dure.messages.translate import read_message
from dure.stats.intervals import interval_texts

VERDICT = "verdict.json"
_FIRST = 6  # sentences of the verdict
_WIDTH = 1000
"""Pixels across a picture; wider ones are made smaller."""
_BUDGET = 2_000_000
"""Bytes of all pictures together, as they stand in a page (base64: four for three)."""
_SHORT = 60  # characters of a fact that is shown


def verdict(folder: Path) -> tuple[Message, ...]:
    """A row's title and its first sentences; the others are in the section.

    Parameters
    ----------
    folder
        As `dure gallery ROW` leaves it. A verdict of a Dure that did not yet keep its sentences
        for translation is told in English.

    Raises
    ------
    RunFolderError
        There is no verdict in `folder`, or it cannot be read.
    """
    row = _verdict(folder)
    title = read_message(row.get("said", {}).get("title", row["title"]))
    return say("{id}: {title}", id=row["id"], title=title), *_lines(row)[:_FIRST]


def section(folder: Path) -> Section:
    """The rest of what a row says: further sentences, the notes' figures, pictures, short facts.

    `folder` and errors are those of :func:`verdict`.
    """
    row = _verdict(folder)
    rest = _lines(row)[_FIRST:]
    blocks: list[Block] = [Bullets(tuple(rest))] if rest else []
    if row["quick"]:
        blocks.append(
            Prose(say("A quick run: on fewer rows or epochs than the row's own."), "note")
        )
    if row["comparisons"]:
        blocks.append(_beside(row["comparisons"], row.get("said", {}).get("comparisons", ())))
    blocks += _pictures(folder, [Path(name).name for name in row["pictures"]])
    facts = tuple(_short(row["facts"]))
    if facts:
        blocks.append(Folded(say("Numbers the row keeps"), (Pairs(facts),)))
    return Section("row", say("The row"), tuple(blocks))


def _lines(row: Mapping[str, Any]) -> list[Message]:
    return [read_message(line) for line in row.get("said", {}).get("lines", row["lines"])]


def _verdict(folder: Path) -> dict[str, Any]:
    path = folder / VERDICT
    try:
        row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(
            f"{folder} has no {VERDICT}; `dure gallery ROW` writes it when the row is done."
        ) from None
    except (OSError, ValueError) as error:
        raise RunFolderError(f"could not read {path}: {error}") from error
    needed = {"id", "title", "lines", "quick", "comparisons", "pictures", "facts"}
    if not isinstance(row, dict) or not needed <= row.keys():
        raise RunFolderError(f"{path} is not the verdict of a gallery row.")
    return row


def _beside(comparisons: Sequence[Mapping[str, Any]], said: Sequence[Any]) -> Table:
    """The notes' figures beside Dure's own."""
    rows = []
    for place, one in enumerate(comparisons):
        what = read_message(said[place] if said else one["what"])
        ours = interval_texts([(one["mean"], one["low"], one["high"])])[0]
        cells = (format_number(one["note"], 4), ours, f"{one['lanes']:,}")
        rows.append((what, *map(as_is, cells)))
    return Table(
        say("The notes' figures beside Dure's"),
        (say("figure"), say("note, one run"), say("Dure, mean [95 % interval]"), say("lanes")),
        tuple(rows),
    )


def _pictures(folder: Path, names: Sequence[str]) -> Iterator[Block]:
    """The row's own pictures, as many as the budget holds; the others by their names."""
    tiles: list[Tile] = []
    too_large: list[str] = []
    lost: list[str] = []
    left = _BUDGET
    for name in names:
        try:
            png = _small(folder / name)
        except (OSError, UnidentifiedImageError):
            lost.append(name)
            continue
        size = 4 * math.ceil(len(png) / 3)
        if size > left:
            too_large.append(name)
            continue
        left -= size
        label = as_is(Path(name).stem.replace("-", " "))
        tiles.append(Tile(png, say("Picture of the row: {name}", name=label), label))
    if tiles:
        legend = say("As the row drew them; in full size they are in its folder.")
        yield Tiles(say("The row's pictures"), tuple(tiles), legend, columns=1, smooth=True)
    if too_large:
        names_left = ", ".join(too_large)
        line = say("Not shown here, for the page would grow too large: {names}.", names=names_left)
        yield Prose(line, "note")
    if lost:
        yield Prose(say("No longer in the folder: {names}.", names=", ".join(lost)), "note")


def _small(path: Path) -> bytes:
    """A picture as a PNG file of at most 256 colours and `_WIDTH` pixels across."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    if picture.width > _WIDTH:
        height = max(1, round(picture.height * _WIDTH / picture.width))
        picture = picture.resize((_WIDTH, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.quantize(256, dither=Image.Dither.NONE).save(buffer, "png", optimize=True)
    return buffer.getvalue()


def _short(facts: Mapping[str, Any]) -> Iterator[tuple[Message, Message]]:
    """Facts that take a line at most: numbers, words, short lists of them."""
    for name, value in facts.items():
        values = value if isinstance(value, list) else [value]
        if values and all(type(one) in (int, float, str) for one in values):
            text = ", ".join(
                one if isinstance(one, str) else format_number(one, 4) for one in values
            )
            if len(text) <= _SHORT:
                yield as_is(name.replace("_", " ")), as_is(text)
