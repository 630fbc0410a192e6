"""The section on what is inside the networks, from the arrays that `dure look` left in a folder.

The most telling measurements stand open: mistakes, the kernels and feature maps that are nearest to
the picture, where the networks look, how far back they remember. The others are folded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dure.blocks.content import Block, Code, Folded, Heading, Prose, Section
from dure.blocks.pictures import Tiles
from dure.core.formatting import format_command
from dure.measurements.catalog import KINDS, MeasurementPart, part_of
from dure.measurements.stored import (
    Lane,
    Origin,
    describe_lane,
    describe_source,
    read,
)
from dure.messages.message import Message, joined, say
from dure.messages.phrases import count, join_list
from dure.report.html.pixels import png_of

if TYPE_CHECKING:
    from dure.results.run_result import RunResult

BUDGET = 1_000_000
"""Bytes of all pictures together; a page holds them a third larger, as text."""

_OPEN = {"predictions", "confusion", "saliency", "grad_cam", "memory", "neighbours"}
_OPEN |= {"embedding_map"}
_FIRST_OF_PICTURES = ("kernels", "feature_maps")
# Copying a folder gives its files new times, in any order, within moments of each other.
_OLDER = 60.0


def section(folder: Path, result: RunResult | None) -> Section:
    """What `dure look` measured, the most telling first.

    Parameters
    ----------
    folder
        With the arrays (``*.nc``), such as ``RUN/lens``; it need not be there.
    result
        The run they are of, to check them against; None where it is not known.

    Returns
    -------
    The section "inside". Where there are no arrays it names the command that makes them; a file
    that cannot be read costs a sentence.
    """
    title = say("Inside the networks")
    paths = sorted(folder.glob("*.nc"))
    run = folder.parent if folder.name == "lens" else folder
    command = ["dure", "look", str(run if result is None else result.folder)]
    if not paths:
        nothing = say(
            "Nobody has looked inside these networks yet. Their worst mistakes, their kernels and "
            "feature maps, where they look, how far back they remember and which of their units "
            "are dead will stand here after this command:"
        )
        return Section("inside", title, (Prose(nothing), Code(format_command(command))))
    parts, faults = _parts(paths, result)
    parts, too_large = _within_budget(parts)
    blocks: list[Block] = []
    if parts:
        main = _main(parts)
        stale = _stale(parts, result)
        blocks += [Prose(_about(main)), *stale]
        if stale:
            variant = ["--variant", main.lanes[0][0]] if main.lanes else []
            blocks.append(Code(format_command([*command, *variant])))
        opened = _opened(parts)
        blocks += [block for part in opened for block in (_headline(part), *_shown(part, main))]
        blocks += _folded([part for part in parts if part not in opened], main)
    if too_large:
        left_out = say(
            "The page would have grown too large, so pictures were left out: {titles}. "
            "They are in {folder}.",
            titles=join_list(too_large),
            folder=str(folder),
        )
        blocks.append(Prose(left_out, "note"))
    if faults:
        again = say("These files can be made again:")
        blocks += [Prose(fault, "warning") for fault in faults]
        blocks += [Prose(again), Code(format_command(command))]
    return Section("inside", title, tuple(blocks))


def _parts(
    paths: Sequence[Path], result: RunResult | None
) -> tuple[list[MeasurementPart], list[Message]]:
    """What is said of each file, in the order of the section; and of those that cannot be read."""
    manifest = {} if result is None else result.manifest
    parts: list[MeasurementPart] = []
    faults: list[Message] = []
    called: list[str] = []
    for path in paths:
        try:
            found = read(path)
            parts.append(part_of(found, manifest))
            if "layer" in found.measured.coords:
                called += map(str, np.atleast_1d(found.measured["layer"].values))
        except Exception as error:  # a damaged file can fail in any place, in any way
            lines = str(error).strip().splitlines()
            told = f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
            faults.append(say("{file} cannot be shown: {error}", file=path.name, error=told))
    models = (manifest.get("facts") or {}).get("models") or {}
    variants = {lane[0] for part in parts for lane in part.origin.lanes}
    known = [
        str(layer["name"])
        for variant in sorted(variants)
        for layer in (models.get(variant) or {}).get("layers", ())
    ]
    parts.sort(
        key=lambda part: (KINDS.index(part.origin.kind), *_place(part.origin.layer, known, called))
    )
    return parts, faults


def _place(layer: str, known: Sequence[str], called: Sequence[str]) -> tuple[Any, ...]:
    """Where a layer stands among others: as the model calls them, else by name and number.

    Parameters
    ----------
    known
        The layers of the model, by the manifest; they may have other names there.
    called
        Those that were measured together, in the order in which they are called.
    """
    bits = re.split(r"(\d+)", layer)
    places = (names.index(layer) if layer in names else len(names) for names in (known, called))
    return (*places, [int(bit) if bit.isdigit() else -1 for bit in bits], bits)


def _within_budget(parts: Sequence[MeasurementPart]) -> tuple[list[MeasurementPart], list[Message]]:
    """The parts with as many pictures as a page can bear, and the titles of those that lost them.

    Open parts come first, then the others in their order.
    """
    opened = _opened(parts)
    used, kept, lost = 0, {}, []
    for part in [*opened, *(part for part in parts if part not in opened)]:
        size = sum(
            len(png_of(tile.image))
            for block in part.blocks
            if isinstance(block, Tiles)
            for tile in block.tiles
        )
        if used + size > BUDGET:
            others = tuple(block for block in part.blocks if not isinstance(block, Tiles))
            kept[id(part)] = replace(part, blocks=others)
            lost.append(part.name)
        else:
            used += size
            kept[id(part)] = part
    return [kept[id(part)] for part in parts], lost


def _opened(parts: Sequence[MeasurementPart]) -> list[MeasurementPart]:
    """Those that stand open: of kernels and feature maps the first that are pictures."""
    out: list[MeasurementPart] = []
    for part in parts:
        kind = part.origin.kind
        pictures = kind in _FIRST_OF_PICTURES and part.is_pictures
        if kind in _OPEN or (pictures and all(other.origin.kind != kind for other in out)):
            out.append(part)
    return out


def _headline(part: MeasurementPart) -> Block:
    return Heading(part.title)


def _shown(part: MeasurementPart, main: Origin) -> Iterator[Block]:
    yield Prose(part.lesson)
    yield from _of_others(part, main)
    yield from part.blocks


def _folded(parts: Sequence[MeasurementPart], main: Origin) -> Iterator[Block]:
    """A fold for each kind of measurement, with all layers it was made at."""
    for _, group in groupby(parts, lambda part: part.lesson.template):
        several = list(group)
        if len(several) == 1:
            yield Folded(several[0].title, tuple(_shown(several[0], main)))
            continue
        layers = join_list([part.origin.layer for part in several])
        blocks: list[Block] = [Prose(several[0].lesson)]
        for part in several:
            blocks += [_headline(part), *_of_others(part, main), *part.blocks]
        yield Folded(Message(several[0].name.template, {"layer": layers}), tuple(blocks))


# -- of which networks ----------------------------------------------------------------------------


def _main(parts: Sequence[MeasurementPart]) -> Origin:
    """One measured on the networks that most were measured on."""
    groups = Counter((part.origin.model, part.origin.lanes) for part in parts)
    most = groups.most_common(1)[0][0]
    return next(part.origin for part in parts if (part.origin.model, part.origin.lanes) == most)


def _about(origin: Origin) -> Message:
    """Whose networks the section is about, and which rows they were given."""
    told = [_whose(origin)]
    if origin.source:
        told.append(say("The rows: {source}.", source=describe_source(origin)))
    return joined(told)


def _whose(origin: Origin) -> Message:
    if not origin.lanes:
        return say("Measured on one network, {model}.", model=origin.model)
    variant, shown = (
        origin.lanes[0][0],
        describe_lane(origin.lanes[0], folds=_has_folds(origin.lanes)),
    )
    if len(origin.lanes) == 1:
        return say(
            "Measured on one network of variant {variant}, {lane}.", variant=variant, lane=shown
        )
    return say(
        "Measured on {networks} of variant {variant}. Numbers are means over them with their 95 % "
        "interval in brackets; pictures, texts and words are of the first of them, {lane}.",
        networks=count(len(origin.lanes), "network"),
        variant=variant,
        lane=shown,
    )


def _has_folds(lanes: Sequence[Lane]) -> bool:
    return len({fold for _, _, fold in lanes}) > 1


def _of_others(part: MeasurementPart, main: Origin) -> list[Block]:
    """Where this one was measured on other networks than most."""
    if (part.origin.model, part.origin.lanes) == (main.model, main.lanes):
        return []
    return [Prose(_whose(part.origin), "note")]


def _stale(parts: Sequence[MeasurementPart], result: RunResult | None) -> list[Block]:
    """Where the arrays are not of the networks that the run now holds."""
    if result is None:
        return []
    trained = {
        (str(row.variant), int(row.seed), int(row.fold))
        for row, status in zip(result.lanes.itertuples(), result.statuses, strict=True)
        if status.kind in ("finished", "stopped")
    }
    told: list[Message] = []
    for lanes in dict.fromkeys(part.origin.lanes for part in parts if part.origin.lanes):
        there = {lane for lane in trained if lane[0] in {own[0] for own in lanes}}
        if not set(lanes) <= trained:
            told.append(
                say(
                    "Some arrays are of networks that this run does not hold: {model}.",
                    model=next(part.origin.model for part in parts if part.origin.lanes == lanes),
                )
            )
        elif len(lanes) < len(there):
            told.append(
                say(
                    "Some arrays are of {measured} of variant {variant}; the run now holds "
                    "{there}.",
                    measured=count(len(lanes), "network"),
                    variant=lanes[0][0],
                    there=count(len(there), "network"),
                )
            )
    if is_older([part.origin.path for part in parts], result.folder):
        told.append(say("Some arrays are older than the weights in the run folder."))
    return [Prose(joined((*told, say("Look again:"))), "warning")] if told else []


def is_older(paths: Sequence[Path], run: Path) -> bool:
    """Whether arrays were measured before networks of the run were trained."""
    trained = [path.stat().st_mtime for path in (run / "lanes").glob("*.safetensors")]
    return bool(trained) and min(path.stat().st_mtime for path in paths) < max(trained) - _OLDER
