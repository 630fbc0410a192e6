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
from dure.blocks.cells import Cell
from dure.blocks.charts import Bars, Curves, Intervals, Lines, Matrix, Points
from dure.blocks.pictures import Tiles
from dure.core.formatting import format_number
from dure.messages.message import Message, as_is, say

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
    numbers: tuple[tuple[Message, Cell], ...] = ()
    """What each number is, and the number."""


@dataclass(frozen=True)
class Table:
    """Rows of short texts and numbers; `rows[r]` is as long as `header`."""

    caption: Message
    header: tuple[Message, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...] = ()
    """By column, whether it is set flush right; default: all but the first."""
    strong: tuple[int, ...] = ()
    """Places of rows that stand out."""
    alike: bool = True
    """Whether the intervals of a column have the same number of decimals."""


def table_of(matrix: Matrix) -> Table:
    """A matrix for who cannot see colours: 0 is a dot."""
    cells = [
        [as_is(format_number(round(float(value), 1)) if value else "·") for value in line]
        for line in matrix.values
    ]
    rows = tuple((name, *line) for name, line in zip(matrix.rows, cells, strict=True))
    return Table(matrix.caption, (matrix.corner, *matrix.columns), rows)


@dataclass(frozen=True)
class Pairs:
    """Names with their values, such as facts of the data."""

    items: tuple[tuple[Message, Cell], ...]


@dataclass(frozen=True)
class Code:
    """Something to be typed: a command, or Python."""

    text: str
    language: Literal["sh", "python"] = "sh"


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
    signed: bool = False
    """Whether some words weigh against."""


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
    | Matrix
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
