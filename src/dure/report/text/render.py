"""The report on a terminal: text of fixed width that reads the same without colour, and piped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from dure.blocks import content
from dure.blocks.cells import Cell
from dure.blocks.charts import Bars, Curves, Intervals, Lines, Matrix, Points
from dure.blocks.pictures import Tiles
from dure.core.formatting import clean_text
from dure.messages.message import Message, joined, say
from dure.messages.translate import check_language
from dure.plots.charts.texts import write_cell, write_rows
from dure.report.text.charts import bars, curves, intervals, lines_chart, pictures
from dure.report.text.layout import PROSE, Paper, indented, pairs, prose, table

_STYLES = {"verdict": "bold", "plain": "", "note": "dim", "warning": "bold"}
_STRONGEST = 5  # words of a text that are named with their weights


def render(document: content.Document, language: str = "en") -> RenderableType:
    """A report for a rich console, as wide as the console; prose takes at most 100 columns.

    Print it with ``soft_wrap=True``: commands then stay in one line, to be copied. Names cannot
    move the cursor, whatever they hold.

    Parameters
    ----------
    language
        A code such as "ko".

    Raises
    ------
    DureError
        For a language that is not known.
    """
    check_language(language)
    return _Report(document, language)


@dataclass(frozen=True)
class _Report:
    document: content.Document
    language: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        paper = Paper(max(40, options.max_width), self.language, self.document.source)
        for line in _lines(self.document, paper):
            line.no_wrap, line.overflow = True, "ignore"
            yield line


def _lines(document: content.Document, paper: Paper) -> Iterator[Text]:
    yield from prose(clean_text(document.title), paper.width, style="bold")
    yield from prose(paper.describe(document.subtitle), paper.width)
    if document.banner is not None:
        yield Text("")
        yield from prose(paper.describe(document.banner), paper.width, "! ", "bold")
    for sentence in document.verdict:
        yield Text("")
        yield from prose(paper.describe(sentence), paper.width, "▌ ", "bold")
    for section in document.sections:
        title = paper.label(section.title)
        yield from (Text(""), Text(""), *prose(title, paper.width, style="bold"))
        yield Text("═" * min(cell_len(title), paper.width, PROSE))
        yield from _stacked(section.blocks, paper)
    if document.footer is not None:
        yield from (Text(""), Text(""), *prose(paper.describe(document.footer), paper.width))


def _stacked(blocks: Sequence[content.Block], paper: Paper) -> Iterator[Text]:
    """Blocks below each other, an empty line before each that shows anything."""
    for block in blocks:
        lines = _shown(block, paper)
        if lines:
            yield Text("")
            yield from lines


@singledispatch
def _shown(block: object, paper: Paper) -> list[Text]:
    raise TypeError(f"a report has no block {type(block).__name__}")


@_shown.register
def _(block: content.Prose, paper: Paper) -> list[Text]:
    lead = "! " if block.tone == "warning" else ""
    return prose(paper.describe(block.text), paper.width, lead, _STYLES[block.tone])


@_shown.register
def _(block: content.Heading, paper: Paper) -> list[Text]:
    return prose(paper.label(block.text), paper.width, style="bold")


@_shown.register
def _(block: content.Bullets, paper: Paper) -> list[Text]:
    lead, style = "! " if block.tone == "warning" else "• ", _STYLES[block.tone]
    return [
        line
        for item in block.items
        for line in prose(paper.describe(item), paper.width, lead, style)
    ]


@_shown.register
def _(block: content.Card, paper: Paper) -> list[Text]:
    inner = paper.within(2)
    numbers = _written(block.numbers, paper)
    return [
        *prose(paper.describe(block.title), paper.width, "■ ", "bold"),
        *indented(prose(paper.describe(block.text), inner.width), 2),
        *indented(pairs(numbers, inner.width - 2), 4),
    ]


@_shown.register
def _(block: content.Table, paper: Paper) -> list[Text]:
    header = list(map(paper.label, block.header))
    rows = [list(map(paper.label, row)) for row in write_rows(block.rows, block.alike)]
    caption = prose(paper.describe(block.caption), paper.width) if block.caption else []
    return [*caption, *table(header, rows, paper.width, block.numeric, block.strong)]


@_shown.register
def _(block: Matrix, paper: Paper) -> list[Text]:
    return _shown(content.table_of(block), paper)


@_shown.register
def _(block: content.Pairs, paper: Paper) -> list[Text]:
    return pairs(_written(block.items, paper), paper.width)


def _written(items: Sequence[tuple[Message, Cell]], paper: Paper) -> list[tuple[str, str]]:
    return [(paper.label(name), paper.label(write_cell(value))) for name, value in items]


@_shown.register
def _(block: content.Code, paper: Paper) -> list[Text]:
    return [Text(f"    {clean_text(line)}".rstrip()) for line in block.text.split("\n")]


@_shown.register
def _(block: content.Words, paper: Paper) -> list[Text]:
    out = prose(paper.describe(block.title), paper.width, style="bold")
    for about, words in block.texts:
        inner = paper.within(2)
        out += [Text(""), *prose(paper.describe(about), paper.width)]
        out += indented(_flowing(words, min(inner.width, PROSE)), 2)
        if named := _strongest(words):
            told = paper.describe(say("Strongest: {words}", words=joined(named, ", ")))
            out += indented(prose(told, inner.width), 2)
    how = say("On a terminal: bold weighs positive, underlined negative.")
    return [*out, Text(""), *prose(paper.describe(joined((block.legend, how))), paper.width)]


def _flowing(words: Sequence[content.Word], width: int) -> list[Text]:
    """Words wrapped, those at least half as heavy as the heaviest bold or underlined."""
    heavy = max((abs(word.weight) for word in words), default=0.0) / 2
    lines = [Text()]
    for word in words:
        style = ""
        if heavy and abs(word.weight) >= heavy:
            style = "bold" if word.weight > 0 else "underline"
        for part in prose(clean_text(word.text), width):
            if lines[-1] and lines[-1].cell_len + 1 + part.cell_len > width:
                lines.append(Text())
            if lines[-1]:
                lines[-1].append(" ")
            lines[-1].append(part.plain, style)
    return lines


def _strongest(words: Sequence[content.Word]) -> list[str]:
    heaviest: dict[str, float] = {}
    for word in sorted(words, key=lambda word: -abs(word.weight)):
        if word.weight:
            heaviest.setdefault(clean_text(word.text), word.weight)
    return [f"{text} {weight:+.2f}" for text, weight in list(heaviest.items())[:_STRONGEST]]


@_shown.register
def _(block: content.Folded, paper: Paper) -> list[Text]:
    inner = list(_stacked(block.blocks, paper.within(2)))
    return [*prose(paper.describe(block.title), paper.width, "▾ ", "bold"), *indented(inner[1:], 2)]


@_shown.register
def _(block: content.Beside, paper: Paper) -> list[Text]:
    out: list[Text] = []
    for name, blocks in block.columns:
        out += [Text("")] if out else []
        out += prose(clean_text(name), paper.width, "─ ", "bold")
        out += indented(list(_stacked(blocks, paper.within(2)))[1:], 2)
    return out


@_shown.register
def _(block: Curves, paper: Paper) -> list[Text]:
    return curves(block, paper)


@_shown.register
def _(block: Intervals, paper: Paper) -> list[Text]:
    return intervals(block, paper)


@_shown.register
def _(block: Lines, paper: Paper) -> list[Text]:
    return lines_chart(block, paper)


@_shown.register
def _(block: Bars, paper: Paper) -> list[Text]:
    return bars(block, paper)


@_shown.register
def _(block: Tiles, paper: Paper) -> list[Text]:
    return pictures(block.title, block.legend, paper)


@_shown.register
def _(block: Points, paper: Paper) -> list[Text]:
    return pictures(block.title, block.label, paper)
