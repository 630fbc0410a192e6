"""What a report is made of: sections of blocks, before anybody decides how they look.

A block holds what is said and shown, never how. Prose is `Message`, so that it can be said in every
language; names and values are put in by `as_is`. The page, the terminal and the notebook render the
same document.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from dure import __version__
from dure.core.types import Floats, Ints, Mode
from dure.messages.message import Message, say

Tone = Literal["verdict", "plain", "note", "warning"]
"""How a paragraph is meant: the answer itself; an explanation; small print; something is amiss."""


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: Message
    tone: Tone = "plain"


@dataclass(frozen=True)
class Heading:
    """The title of the blocks that follow, within a section."""

    text: Message


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[Message, ...]
    tone: Tone = "plain"


@dataclass(frozen=True)
class Card:
    """Something found, with the numbers it rests on."""

    title: Message
    text: Message
    numbers: tuple[tuple[Message, Message], ...] = ()
    """What each number is, and the number."""


@dataclass(frozen=True)
class Table:
    """Rows of short texts; `rows[r]` is as long as `header`."""

    caption: Message
    header: tuple[Message, ...]
    rows: tuple[tuple[Message, ...], ...]
    numeric: tuple[bool, ...] = ()
    """By column, whether it is set flush right; default: all but the first."""
    strong: tuple[int, ...] = ()
    """Places of rows that stand out."""


@dataclass(frozen=True)
class Pairs:
    """Names with their values, such as facts of the data."""

    items: tuple[tuple[Message, Message], ...]


@dataclass(frozen=True)
class Code:
    """Something to be typed: a command, or Python."""

    text: str
    language: Literal["sh", "python"] = "sh"


@dataclass(frozen=True)
class Along:
    """Mean and 95 % interval along the epochs, each of shape [epoch]; NaN where there is none.

    `lanes` is how many lanes the mean rests on at each epoch.
    """

    mean: Floats
    low: Floats
    high: Floats
    lanes: Ints


@dataclass(frozen=True)
class Metric:
    """One metric of every variant; a variant without it has None.

    Attributes
    ----------
    name
        Without "val_".
    training, validation
        By variant.
    single
        By variant, some lanes by themselves, [lane, column]: of validation, else of training. The
        columns are `Curves.single_epochs`.
    view
        What of the vertical axis is in view at first: all but a few wild epochs.
    """

    name: str
    mode: Mode
    training: tuple[Along | None, ...]
    validation: tuple[Along | None, ...]
    single: tuple[Floats, ...]
    view: tuple[float, float]


@dataclass(frozen=True)
class Curves:
    """Metrics along the epochs, to be looked at one metric at a time.

    Attributes
    ----------
    label
        What the picture shows, for who cannot see it.
    variants
        Names; all tuples "by variant" are in this order.
    metrics
        The one to be seen first comes first.
    epochs
        Of the epoch axis, for means and bands: [epoch], from 1, rising. In very long trainings not
        every epoch is there, and values are those of the epochs that are.
    lanes, drawn
        By variant, lanes in all and how many of them are in `single`.
    turns
        By variant, the epoch at which the validation loss turns; None where it does not.
    notes
        What one must know to read it.
    single_epochs
        Of the columns of `Metric.single`: [column], rising; None: the same as `epochs`. Where there
        are too many epochs to draw, they are put together in groups of equal length with two
        columns each, which hold a lane's lowest and highest value of the group in the order in
        which they came; so a line keeps its extremes, each at most a group beside its epoch.
    """

    label: Message
    variants: tuple[str, ...]
    metrics: tuple[Metric, ...]
    epochs: Ints
    lanes: tuple[int, ...]
    drawn: tuple[int, ...]
    turns: tuple[float | None, ...]
    notes: tuple[Message, ...] = ()
    single_epochs: Ints | None = None


@dataclass(frozen=True)
class Span:
    """A mean with its interval, NaN limits where there is none; `told` is both as text."""

    label: Message
    mean: float
    low: float
    high: float
    told: Message
    note: Message | None = None
    """A few words behind it, such as a verdict."""
    tone: Literal["good", "bad", "plain"] = "plain"


@dataclass(frozen=True)
class Intervals:
    """Means with their intervals below each other on one axis.

    `axis` names the axis and its unit; `zero` draws a line at 0 and `rope` a band of +- rope.
    """

    label: Message
    axis: Message
    spans: tuple[Span, ...]
    zero: bool = False
    rope: float | None = None


@dataclass(frozen=True)
class Line:
    """One line of a chart: x and y of shape [point]; `low` and `high` make a band, or are None."""

    name: Message
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    dashed: bool = False
    """Something to compare with, such as the untrained network."""


@dataclass(frozen=True)
class Lines:
    """A chart of lines, such as a gradient by layer, or memory by distance.

    `ticks` names the places 0, 1, 2, ... of the horizontal axis (layers), else it is numeric.
    """

    label: Message
    title: Message
    x_axis: Message
    y_axis: Message
    lines: tuple[Line, ...]
    ticks: tuple[Message, ...] | None = None
    logarithmic: bool = False


@dataclass(frozen=True)
class Bars:
    """Bars with names, each a value from 0 on, and the value as text."""

    label: Message
    title: Message
    axis: Message
    bars: tuple[tuple[Message, float, Message], ...]


@dataclass(frozen=True)
class Tile:
    """A small picture: a PNG file of few pixels, shown enlarged, with words below."""

    png: bytes
    alt: Message
    caption: Message | None = None


@dataclass(frozen=True)
class Tiles:
    """Small pictures side by side.

    `legend` says what the colours mean. Rows of `columns` where the arrangement matters (0: as
    many as fit).
    """

    title: Message
    tiles: tuple[Tile, ...]
    legend: Message
    columns: int = 0
    smooth: bool = False
    """Photographs and maps over them may be smoothed when enlarged; kernels must not."""


@dataclass(frozen=True)
class Word:
    """A word of a text with a weight from -1 to 1 that colours it."""

    text: str
    weight: float


@dataclass(frozen=True)
class Words:
    """Texts whose words are coloured; `legend` says what the colours mean."""

    title: Message
    texts: tuple[tuple[Message, tuple[Word, ...]], ...]
    """What is said of a text, and its words."""
    legend: Message


@dataclass(frozen=True)
class Points:
    """Names as points in the plane, x and y of shape [point]."""

    label: Message
    title: Message
    names: tuple[str, ...]
    x: Floats
    y: Floats
    x_axis: Message
    y_axis: Message


@dataclass(frozen=True)
class Folded:
    """Blocks that one opens to see; on paper they are open."""

    title: Message
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Beside:
    """The same of several studies side by side, each with its name; below each other on a phone."""

    columns: tuple[tuple[str, tuple[Block, ...]], ...]


Block: TypeAlias = (
    Heading
    | Prose
    | Bullets
    | Card
    | Table
    | Pairs
    | Code
    | Curves
    | Intervals
    | Lines
    | Bars
    | Tiles
    | Words
    | Points
    | Folded
    | Beside
)


@dataclass(frozen=True)
class Section:
    """A part of a report.

    `key` is its anchor on the page, the same in every language.
    """

    key: str
    title: Message
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes
    ----------
    title
        The study's name, or the names of both.
    subtitle
        Data, number of lanes, when.
    verdict
        What a person would quote, first on the page.
    banner
        What must be known before all else (training is not over); None where there is nothing.
    sections
        In order.
    footer
        By what this was made.
    """

    title: str
    subtitle: Message
    verdict: tuple[Message, ...]
    sections: tuple[Section, ...]
    banner: Message | None = None
    footer: Message | None = None
    source: tuple[str, ...] = field(default=())
    """Run folders this was made from."""

    def section(self, key: str) -> Section:
        """A section by its key.

        Raises
        ------
        KeyError
            If there is none.
        """
        return {section.key: section for section in self.sections}[key]


def blocks_of(blocks: Sequence[Block]) -> Iterator[Block]:
    """All blocks, those inside others too."""
    for block in blocks:
        yield block
        if isinstance(block, Folded):
            yield from blocks_of(block.blocks)
        elif isinstance(block, Beside):
            for _, inner in block.columns:
                yield from blocks_of(inner)


def footer() -> Message:
    """By what the page was made."""
    return say("Made by Dure {version}.", version=__version__)
