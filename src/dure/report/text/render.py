"""The report on a terminal: text of fixed width that reads the same without colour, and piped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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
from dure.report.text.layout import PROSE, Paper, indent, pairs, prose, table

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
        lines = _lines_of(block, paper)
        if lines:
            yield Text("")
            yield from lines


def _lines_of(block: content.Block, paper: Paper) -> list[Text]:
    width = paper.width
    match block:
        case content.Prose():
            lead = "! " if block.tone == "warning" else ""
            return prose(paper.describe(block.text), width, lead, _STYLES[block.tone])
        case content.Heading():
            return prose(paper.label(block.text), width, style="bold")
        case content.Bullets():
            lead, style = "! " if block.tone == "warning" else "• ", _STYLES[block.tone]
            items = (prose(paper.describe(item), width, lead, style) for item in block.items)
            return [line for lines in items for line in lines]
        case content.Card():
            return _card(block, paper)
        case content.Table():
            return _table(block, paper)
        case content.Pairs():
            return _pairs(block.items, paper, width)
        case content.Code():
            return [Text(f"    {clean_text(line)}".rstrip()) for line in block.text.split("\n")]
        case content.Words():
            return _words(block, paper)
        case content.Folded():
            title = prose(paper.describe(block.title), width, "▾ ", "bold")
            return [*title, *_inner(block.blocks, paper)]
        case content.Beside():
            return _beside(block, paper)
        case Curves():
            return curves(block, paper)
        case Intervals():
            return intervals(block, paper)
        case Lines():
            return lines_chart(block, paper)
        case Bars():
            return bars(block, paper)
        case Matrix():
            return _table(content.table_of(block), paper)
        case Tiles():
            return pictures(block.title, block.legend, paper)
        case Points():
            return pictures(block.title, block.label, paper)
    raise TypeError(f"a report has no block {type(block).__name__}")


def _inner(blocks: Sequence[content.Block], paper: Paper) -> list[Text]:
    """Blocks within another, without the empty line before the first."""
    return indent(list(_stacked(blocks, paper.within(2)))[1:], 2)


def _card(block: content.Card, paper: Paper) -> list[Text]:
    inner = paper.within(2)
    return [
        *prose(paper.describe(block.title), paper.width, "■ ", "bold"),
        *indent(prose(paper.describe(block.text), inner.width), 2),
        *indent(_pairs(block.numbers, paper, inner.width - 2), 4),
    ]


def _table(block: content.Table, paper: Paper) -> list[Text]:
    header = list(map(paper.label, block.header))
    rows = [list(map(paper.label, row)) for row in write_rows(block.rows, block.alike)]
    caption = prose(paper.describe(block.caption), paper.width) if block.caption else []
    return [*caption, *table(header, rows, paper.width, block.numeric, block.strong)]


def _pairs(items: Sequence[tuple[Message, Cell]], paper: Paper, width: int) -> list[Text]:
    return pairs([(paper.label(n), paper.label(write_cell(value))) for n, value in items], width)


def _beside(block: content.Beside, paper: Paper) -> list[Text]:
    out: list[Text] = []
    for name, blocks in block.columns:
        out += [Text("")] if out else []
        out += prose(clean_text(name), paper.width, "─ ", "bold")
        out += _inner(blocks, paper)
    return out


def _words(block: content.Words, paper: Paper) -> list[Text]:
    out = prose(paper.describe(block.title), paper.width, style="bold")
    inner = paper.within(2)
    for about, words in block.texts:
        out += [Text(""), *prose(paper.describe(about), paper.width)]
        out += indent(_flowing(words, min(inner.width, PROSE)), 2)
        if named := _strongest(words):
            strongest = say("Strongest: {words}", words=joined(named, ", "))
            out += indent(prose(paper.describe(strongest), inner.width), 2)
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
