"""From blocks to HTML, by Jinja's templates and what they need to know."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from dure.blocks import content
from dure.blocks.charts import Bars, Curves, Intervals, Lines, Matrix, Points
from dure.blocks.content import Block
from dure.blocks.pictures import Tiles
from dure.plots.charts.texts import write_cell, write_rows
from dure.report.html import charts
from dure.report.html.curves import curves_view
from dure.report.html.pixels import png_of
from dure.report.html.voice import Voice
from dure.report.html.words import made_from


@cache
def asset(name: str) -> str:
    """The text of a file beside the templates."""
    return files("dure.report.html").joinpath("templates", name).read_text("utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("dure.report.html", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["data_uri"] = lambda png: f"data:image/png;base64,{b64encode(png).decode()}"
    made.filters["png"] = png_of
    made.filters["size"] = charts.size_of
    made.filters["cell"] = write_cell
    made.filters["rows"] = lambda table: write_rows(table.rows, table.alike)
    made.globals["made_from"] = made_from
    return made


class Renderer:
    """Makes HTML of blocks in one voice."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice

    def filled(self, template: str, **values: Any) -> str:
        """A whole template."""
        return _environment().get_template(template).render(v=self.voice, **values)

    def blocks(self, blocks: Sequence[Block]) -> Markup:
        """Blocks one after the other."""
        return Markup("\n").join(self.block(block) for block in blocks)

    def block(self, block: Block) -> Markup:
        """One block."""
        voice = self.voice
        match block:
            case Curves():
                return self._macro("curves", curves_view(block, voice))
            case Intervals():
                return self._macro("intervals", charts.intervals_view(block, voice))
            case Lines():
                return self._macro("lines", charts.lines_view(block, voice))
            case Bars():
                return self._macro("bars", charts.bars_view(block))
            case Matrix():
                return self._macro("table", content.table_of(block))
            case Points():
                return self._macro("points", charts.points_view(block, voice))
            case Tiles():
                return self._macro("tiles", charts.tiles_view(block, voice))
            case content.Words():
                return self._macro("words", charts.words_view(block))
            case content.Folded():
                return self._macro("folded", (block.title, self.blocks(block.blocks)))
            case content.Beside():
                inside = [(name, self.blocks(column)) for name, column in block.columns]
                return self._macro("beside", inside)
            case _:
                return self._macro(type(block).__name__.lower(), block)

    def _macro(self, name: str, view: Any) -> Markup:
        file = _FILES.get(name, "blocks.html")
        macro = getattr(_environment().get_template(file).module, name)
        return Markup(macro(self.voice, view))


_FILES = {
    "curves": "curves.html",
    **dict.fromkeys(("intervals", "lines", "bars", "points", "words"), "charts.html"),
}
