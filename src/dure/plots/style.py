"""What all drawings share: colours, fonts, numbers in words, and pages laid out in inches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from io import BytesIO
from typing import Any, Literal, NamedTuple, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from dure.core.formatting import format_number

DPI = 130
TITLE, TEXT, SMALL = 12.0, 9.0, 7.5
"""Sizes of letters in points; nothing is smaller than the last."""

MARGIN = 0.15
HEAD = 0.27
"""Inches above a chart for its title."""
# Where one of these is installed, names in Korean, Japanese or Chinese can be drawn.
_EAST_ASIAN = (
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "Noto Sans CJK JP",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
)

_P = ParamSpec("_P")
_R = TypeVar("_R")


def plain(text: str) -> str:
    """Text that matplotlib does not read as mathematics."""
    return text.replace("$", r"\$")


@contextmanager
def fonts() -> Iterator[None]:
    """While open, text is made in fonts that have as many scripts as this machine can offer."""
    known = set(fontManager.get_font_names())
    families = ["DejaVu Sans", *(name for name in _EAST_ASIAN if name in known)]
    with mpl.rc_context({"font.family": families, "font.size": 10}):
        yield


@contextmanager
def missing_glyphs_ignored() -> Iterator[None]:
    """A name in a script that no installed font has: boxes in a picture, no reason to stop."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+", UserWarning)
        yield


def drawing(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """A function that draws, with `fonts` and without warnings about letters no font has."""

    @wraps(function)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with fonts(), missing_glyphs_ignored():
            return function(*args, **kwargs)

    return drawn


def as_png(figure: Figure) -> bytes:
    """The figure as a PNG file of 130 dots an inch."""
    buffer = BytesIO()
    with missing_glyphs_ignored():
        figure.savefig(buffer, dpi=DPI, format="png")
    return buffer.getvalue()


@cache
def _scratch() -> FigureCanvasAgg:
    return FigureCanvasAgg(Figure(figsize=(1, 1), dpi=DPI))


def inches(text: str, size: float = TEXT, weight: str = "normal") -> float:
    """How wide a line of text is in the current fonts."""
    canvas = _scratch()
    piece = Text(0, 0, plain(text), fontsize=size, fontweight=weight, figure=canvas.figure)
    with missing_glyphs_ignored():
        renderer = canvas.get_renderer()  # type: ignore[no-untyped-call]
        return float(piece.get_window_extent(renderer).width) / DPI


def widest(texts: Sequence[str], size: float = TEXT) -> float:
    """The width of the widest of these in inches; 0 without any."""
    longest = sorted(texts, key=len)[-12:]  # the widest is among the longest
    return max((inches(text, size) for text in longest), default=0.0)


def shortened(text: str, width: float, size: float = TEXT, weight: str = "normal") -> str:
    """The text cut with '…' at its end so that it fits into a width in inches, on one line."""
    text = " ".join(text.split())
    if inches(text, size, weight) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = inches(text[:middle] + "…", size, weight) <= width
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip() + "…"


def wrapped(text: str, width: float, size: float = TEXT, weight: str = "normal") -> list[str]:
    """The text in lines no wider than this many inches, broken at blanks where there are any."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if inches(longer, size, weight) <= width:
            lines[-1] = longer
            continue
        lines += [word] if lines[-1] else []
        lines[-1] = lines[-1] or word
        while inches(lines[-1], size, weight) > width and len(lines[-1]) > 1:
            fits = max(1, int(len(lines[-1]) * width / inches(lines[-1], size, weight)))
            lines[-1:] = [lines[-1][:fits], lines[-1][fits:]]
    return lines


class Sheet:
    """A figure with a title, notes below it, and a body whose places are given in inches.

    Parameters
    ----------
    width, height
        Of the body in inches; margins and title come on top.
    title
        Bold, wrapped to the width.
    notes
        Sentences under it that say what is shown and how to read it.
    """

    def __init__(self, width: float, height: float, title: str, notes: Sequence[str] = ()) -> None:
        self.width, self.height = width, height
        head = wrapped(title, width, TITLE, "bold")
        words = wrapped(" ".join(filter(None, notes)), width, TEXT)
        self._top = MARGIN + 0.21 * len(head) + (0.17 * len(words) if words != [""] else 0) + 0.1
        self.figure = Figure(figsize=(width + 2 * MARGIN, self._top + height + MARGIN), dpi=DPI)
        self.figure.suptitle(
            plain("\n".join(head)),
            **dict(zip(("x", "y"), self._at(0, MARGIN - self._top), strict=True)),
            ha="left",
            va="top",
            fontsize=TITLE,
            fontweight="bold",
        )
        if words != [""]:
            below = MARGIN - self._top + 0.21 * len(head) + 0.03
            self.text(0, below, "\n".join(words), va="top", color="0.25")

    def _at(self, left: float, top: float) -> tuple[float, float]:
        size = self.figure.get_size_inches()
        return (MARGIN + left) / size[0], 1 - (self._top + top) / size[1]

    def axes(self, left: float, top: float, width: float, height: float, **given: Any) -> Axes:
        """Axes with their upper left corner here."""
        size = self.figure.get_size_inches()
        x, y = self._at(left, top + height)
        return self.figure.add_axes((x, y, width / size[0], height / size[1]), **given)

    def text(self, left: float, top: float, text: str, size: float = TEXT, **given: Any) -> Text:
        """Text at this place; by default what is given is its left end and the middle."""
        look = {"ha": "left", "va": "center", "fontsize": size, **given}
        return self.figure.text(*self._at(left, top), plain(text), **look)

    def heading(self, left: float, top: float, text: str, width: float, **given: Any) -> None:
        """A bold line, cut to this width."""
        text = shortened(text, width, TEXT, "bold")
        self.text(left, top, text, fontweight="bold", **given)

    def picture(self, left: float, top: float, width: float, height: float) -> Axes:
        """Axes for a picture: without ticks, with a thin frame."""
        axes = self.axes(left, top, width, height)
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(linewidth=0.5, color="0.6")
        return axes

    def colour_bar(
        self, image: Any, left: float, top: float, height: float, label: str, **given: Any
    ) -> None:
        """A scale of colours at the right of what it explains; takes 0.85 inches of width."""
        bar = self.figure.colorbar(image, cax=self.axes(left, top, 0.13, height), **given)
        bar.ax.tick_params(labelsize=SMALL, length=2.5)
        bar.ax.yaxis.get_offset_text().set_fontsize(SMALL)
        bar.set_label(plain(label), fontsize=SMALL)
        bar.outline.set_linewidth(0.5)


class Panel(NamedTuple):
    """A part of a sheet: its size in inches, and what draws it at a place (left, top)."""

    width: float
    height: float
    draw: Callable[[Sheet, float, float], None]


def dressed(axes: Axes, x: str = "", y: str = "", grid: str = "both") -> Axes:
    """Axes with named sides, small numbers and a faint grid."""
    axes.set_xlabel(plain(x), fontsize=TEXT)
    axes.set_ylabel(plain(y), fontsize=TEXT)
    axes.tick_params(which="both", labelsize=SMALL + 0.5)
    axes.grid(axis=grid, color="0.92", linewidth=0.8)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def logarithmic(axes: Axes, which: Literal["x", "y"], most: int) -> None:
    """A logarithmic axis with at most about this many numbers, none of them with exponents.

    Call it once the axis has its limits or its data.
    """
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    axes.set(**{f"{which}scale": "log"})
    axis = axes.xaxis if which == "x" else axes.yaxis
    narrow = low > 0 and high / low < 100
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,), numticks=most))
    axis.set_major_formatter(FuncFormatter(lambda value, _: format_number(value, 2)))
    axis.set_minor_locator(NullLocator())


def whole_numbers(axes: Axes) -> None:
    """Small numbers along both sides, none of them with decimals."""
    axes.tick_params(labelsize=SMALL)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(6, integer=True))


def named_rows(axes: Axes, names: Sequence[str], width: float, size: float = SMALL + 0.5) -> None:
    """Names down the left side of horizontal bars at 0, 1, ..., the first on top."""
    labels = [plain(shortened(name, width, size)) for name in names]
    axes.set_yticks(range(len(names)), labels, fontsize=size)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)


def show_picture(axes: Axes, picture: npt.NDArray[Any], darkest: float = 0.0) -> None:
    """A picture [height, width, channels]: grey for one channel, colours for three.

    Of any other number of channels the mean is shown. Values are stretched between their least
    and largest, whatever their unit; `darkest` above 0 makes the picture paler.
    """
    values = np.asarray(picture, dtype=np.float64)
    values = values[..., None] if values.ndim == 2 else values
    low, high = float(values.min()), float(values.max())
    values = darkest + (1 - darkest) * (values - low) / ((high - low) or 1.0)
    if values.shape[-1] == 3:
        axes.imshow(values, aspect="auto")
    else:
        axes.imshow(values.mean(axis=-1), cmap="gray", vmin=0, vmax=1, aspect="auto")
