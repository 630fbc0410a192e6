"""Invented documents with every kind of block, for tests of the page."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from dure.blocks.charts import (
    Along,
    Bar,
    Bars,
    Curves,
    Intervals,
    Line,
    Lines,
    Metric,
    Points,
    Span,
)
from dure.blocks.content import (
    Beside,
    Block,
    Bullets,
    Card,
    Code,
    Document,
    Folded,
    Heading,
    Pairs,
    Prose,
    Section,
    Table,
    Word,
    Words,
)
from dure.blocks.pictures import Tile, Tiles
from dure.messages.message import Message, as_is, joined

HOSTILE = (
    "<script>alert(1)</script>",
    "\"quoted\" & 'single'",
    "</script><!-- {{7*7}} {% raw %} -->",
    "עברית משמאל‮",
    "w" * 500,
    "🦉 emoji 한국어 이름",
    "<img src=x onerror=alert(2)>",
    "&lt;already&gt; escaped",
    "back\\slash \\u003c \u2028 line",
)


def along(
    level: float, epochs: int, seed: int = 0, turn: float | None = None, rising: bool = False
) -> Along:
    """An invented curve that falls (or rises) to a level; behind `turn` it goes back."""
    rng = np.random.default_rng(seed)
    x = np.arange(1, epochs + 1)
    mean = level + 1.2 * np.exp(-x / (epochs / 6)) + 0.004 * rng.standard_normal(epochs)
    if turn is not None:
        mean = mean + np.maximum(x - turn, 0) * 0.25 / epochs
    half = 0.03 + 0.05 * np.exp(-x / 9)
    if rising:
        mean, half = 1 - mean / 4, half / 3
    lanes = np.full(epochs, 8)
    return Along(mean, mean - half, mean + half, lanes)


def metric(name: str, variants: int, epochs: int, single: int, validated: bool = True) -> Metric:
    """A metric of every variant."""
    rising = name != "loss"
    judged = [
        along(0.3 + 0.04 * v, epochs, v, turn=epochs * (0.3 + 0.02 * v), rising=rising)
        for v in range(variants)
    ]
    trained = [along(0.1 + 0.03 * v, epochs, 90 + v, rising=rising) for v in range(variants)]
    rng = np.random.default_rng(5)
    lanes = tuple(
        series.mean + 0.05 * rng.standard_normal((single, 1)) + 0.01 * rng.standard_normal(epochs)
        for series in judged
    )
    inside = np.concatenate(
        [[*one.low[-epochs + 1 :], *one.high[-epochs + 1 :]] for one in (*judged, *trained)]
    )
    return Metric(
        name=name,
        mode="max" if rising else "min",
        training=tuple(trained),
        validation=tuple(judged) if validated else (None,) * variants,
        single=lanes,
        view=(float(inside.min()), float(inside.max())),
    )


def curves(
    names: tuple[str, ...] = ("baseline", "dropout 0.5", "batch norm"),
    metrics: tuple[str, ...] = ("loss", "accuracy"),
    epochs: int = 40,
    single: int = 4,
    validated: bool = True,
) -> Curves:
    """Metrics of variants along the epochs."""
    return Curves(
        label=as_is("Curves of the invented study"),
        variants=names,
        metrics=tuple(metric(name, len(names), epochs, single, validated) for name in metrics),
        epochs=np.arange(1, epochs + 1),
        lanes=(8,) * len(names),
        drawn=(single,) * len(names),
        turns=tuple(epochs * (0.3 + 0.02 * v) if v % 3 != 2 else None for v in range(len(names))),
        notes=(as_is("Means are of 8 lanes each; 1 lane that diverged is left out."),),
    )


def intervals(names: tuple[str, ...] = ("dropout 0.5", "batch norm", "8 filters")) -> Intervals:
    """Differences with a verdict each."""
    rows = [(-0.11 + 0.08 * i, -0.16 + 0.08 * i, -0.05 + 0.09 * i) for i in range(len(names))]
    tones = ("good", "plain", "bad")
    return Intervals(
        label=as_is("Differences from baseline in val_loss"),
        axis=as_is("Difference of val_loss"),
        spans=tuple(
            Span(as_is(name), *row, as_is("clearly better, p = 0.003"), tones[i % 3])
            for i, (name, row) in enumerate(zip(names, rows, strict=True))
        ),
        zero=True,
        rope=0.02,
    )


def png(size: int = 7, seed: int = 0) -> bytes:
    """A small picture."""
    pixels = np.random.default_rng(seed).integers(0, 255, (size, size, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def drawn_blocks(name: str = "conv2d") -> tuple[Block, ...]:
    """Charts and pictures of what is inside a network."""
    layers = tuple(as_is(f"{name}_{i}") for i in range(9))
    at = np.arange(9.0)
    rng = np.random.default_rng(1)
    return (
        Lines(
            label=as_is("Gradients by layer"),
            title=as_is("Gradients by layer"),
            x_axis=as_is("layer"),
            y_axis=as_is("root mean square of the gradient"),
            lines=(
                Line(as_is("trained"), at, 10.0**-at, 0.5 * 10.0**-at, 2 * 10.0**-at),
                Line(as_is("untrained"), at, 0.3 * 10.0 ** (-at / 2), dashed=True),
            ),
            ticks=layers,
            logarithmic=True,
        ),
        Lines(
            label=as_is("Memory by distance"),
            title=as_is("Memory by distance"),
            x_axis=as_is("steps back"),
            y_axis=as_is("share remembered"),
            lines=tuple(
                Line(as_is(one), np.arange(50.0), np.exp(-np.arange(50) / (5 + 9 * i)) - 0.1)
                for i, one in enumerate(("GRU", "LSTM", name))
            ),
        ),
        Bars(
            label=as_is("Dead units by layer"),
            title=as_is("Dead units by layer"),
            axis=as_is("share of units"),
            bars=tuple(Bar(as_is(f"{name}_{i}"), 0.9 / (i + 1)) for i in range(5)),
            numbers="shares",
        ),
        Tiles(
            title=as_is("Kernels of the first layer"),
            tiles=tuple(
                Tile(png(5, i), as_is(f"kernel {i}"), as_is(f"{name} {i}")) for i in range(12)
            ),
            legend=as_is("Blue is negative, red is positive."),
        ),
        Tiles(
            title=as_is("Where the network looks"),
            tiles=tuple(Tile(png(28, i), as_is(f"map {i}")) for i in range(10)),
            legend=as_is("Bright is looked at."),
            columns=5,
            smooth=True,
        ),
        Words(
            title=as_is("Words that decide"),
            texts=(
                (
                    as_is("said to be positive, 97 %"),
                    tuple(
                        Word(word, weight)
                        for word, weight in zip(
                            f"A wonderful film , never boring and not too long {name}".split(),
                            np.clip(rng.normal(0, 0.5, 30), -1, 1).tolist(),
                            strict=False,
                        )
                    ),
                ),
            ),
            legend=as_is("Blue with a line speaks for it, orange with dashes against it."),
        ),
        Points(
            label=as_is("Words as points"),
            title=as_is("Words as points"),
            names=tuple(f"word{i}" if i else name for i in range(40)),
            x=rng.standard_normal(40),
            y=rng.standard_normal(40),
            x_axis=as_is("first direction"),
            y_axis=as_is("second direction"),
        ),
    )


def _told_blocks(name: str) -> tuple[Block, ...]:
    return (
        Prose(as_is("Dropout is better than the baseline."), "verdict"),
        Prose(as_is("An explanation that goes on, so that it fills more than a line. " * 3)),
        Prose(as_is("Small print."), "note"),
        Heading(as_is("A part of the section")),
        Prose(as_is("Two lanes diverged; they are left out."), "warning"),
        Bullets((as_is("One thing."), as_is("And another."))),
        Card(
            as_is(f"Dead units in {name}"),
            as_is("Most of the units of this layer give 0 for every input."),
            ((as_is("dead units"), as_is("61 %")), (as_is("lanes"), as_is("7 of 8"))),
        ),
        Table(
            as_is("At each lane's best epoch"),
            tuple(as_is(h) for h in ("variant", "val_loss", "val_accuracy", "test_loss", "lanes")),
            tuple(
                tuple(
                    as_is(c)
                    for c in (
                        v,
                        "0.39 [0.36, 0.43]",
                        "0.916 [0.908, 0.923]",
                        "0.41 [0.38, 0.44]",
                        "8 of 8",
                    )
                )
                for v in ("baseline", name, "batch norm")
            ),
            strong=(1,),
        ),
        Pairs(((as_is("data"), as_is("digits, 1,797 rows")), (as_is("model"), as_is(name)))),
        Code("dure report runs/demo --lang ko"),
        Code("import dure\n\nresult = dure.load('runs/demo')  # " + "long " * 30, "python"),
    )


def document(
    names: tuple[str, ...] = ("baseline", "dropout 0.5", "batch norm"),
    metrics: tuple[str, ...] = ("loss", "accuracy"),
    epochs: int = 40,
    single: int = 4,
    title: str = "demo",
) -> Document:
    """A document with every kind of block."""
    whole, name = curves(names, metrics, epochs, single), names[-1]
    sections = (
        Section("curves", as_is("Learning curves"), (whole,)),
        Section("comparison", as_is("Comparison"), (*_told_blocks(name), intervals(names))),
        Section("inside", as_is("Inside the network"), drawn_blocks(name)),
        Section(
            "study",
            as_is("The study"),
            (
                Folded(as_is("How to run it again"), (Code("dure run demo.py"), intervals())),
                Beside(
                    tuple(
                        (one, (Prose(as_is("One of two.")), curves(names[:2]), intervals()))
                        for one in (title, name)
                    )
                ),
            ),
        ),
    )
    return Document(
        title=title,
        subtitle=_with_name("8 lanes each of", name),
        verdict=(
            as_is(f"{names[0]} is beaten by {name} in validation loss, by 0.11 [0.05, 0.16]."),
            as_is("Every variant overfits from about epoch 14 on."),
        ),
        sections=sections,
        banner=as_is("Training is not over: 3 of 24 lanes are still running."),
        footer=as_is("Made by Dure."),
        source=("runs/demo",),
    )


def _with_name(words: str, name: str) -> Message:
    return joined([as_is(words), as_is(name)])
