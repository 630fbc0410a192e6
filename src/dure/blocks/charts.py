"""Charts before anybody decides how they look: numbers with what they are called."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dure.blocks.pictures import Photograph
from dure.core.types import Floats, Ints, Mode
from dure.messages.message import Message

BarTone: TypeAlias = Literal["plain", "good", "bad", "faint"]
"""What a value means: "good" is what is true, "bad" what is mistaken for it, "faint" neither."""


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

    @property
    def held_out(self) -> bool:
        """Whether any variant has validation."""
        return any(band is not None for band in self.validation)

    @property
    def judged(self) -> tuple[Along | None, ...]:
        """By variant what gets line and band: validation, or training where nothing is held out."""
        return self.validation if self.held_out else self.training


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
    lanes, drawn, lost
        By variant, lanes in all, how many of them are in `single`, and how many are in no mean, for
        they diverged or failed.
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
    lost: tuple[int, ...] = ()


@dataclass(frozen=True)
class Span:
    """A mean with its interval, NaN limits where there is none."""

    label: Message
    mean: float
    low: float
    high: float
    note: Message | None = None
    """A few words behind it, such as a verdict."""
    tone: Literal["good", "bad", "plain"] = "plain"
    other: float = math.nan
    """What the mean is compared with, such as the true value."""
    cells: tuple[Message, ...] = ()
    """More about it, under `Intervals.heads`, where there is no table of it beside."""


@dataclass(frozen=True)
class Intervals:
    """Means with their intervals below each other on one axis.

    `axis` names the axis and its unit; `zero` draws a line at 0 and `rope` a band of +- rope.
    Numbers are `alike` where all have the same number of decimals. `view` is what of the axis is in
    view; None: all.
    `compared` is what the means are, and what `Span.other` are.
    """

    label: Message
    axis: Message
    spans: tuple[Span, ...]
    zero: bool = False
    rope: float | None = None
    alike: bool = True
    heads: tuple[Message, ...] = ()
    view: tuple[float, float] | None = None
    compared: tuple[Message, Message] | None = None


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
    look: Literal["line", "points", "area"] = "line"
    """Points by themselves, or filled down to 0 as a histogram, where a renderer can do that."""


@dataclass(frozen=True)
class Lines:
    """A chart of lines, such as a gradient by layer, or memory by distance.

    Attributes
    ----------
    ticks
        Names of the places 0, 1, 2, ... of the horizontal axis (layers), else it is numeric.
    logarithmic, logarithmic_x
        Of the vertical and of the horizontal axis.
    marks, ribbons
        Places of the horizontal axis that prose speaks of, such as a horizon, and from where to
        where such a place may be.
    x_names
        Places of the horizontal axis and what stands under them; empty: numbers.
    view
        What of the vertical axis is in view; None: all.
    one_axis
        Whether lines over named places are drawn beside each other on one axis.
    notes
        What belongs to this chart alone, such as the numbers of one layer.
    """

    label: Message
    title: Message
    x_axis: Message
    y_axis: Message
    lines: tuple[Line, ...]
    ticks: tuple[Message, ...] | None = None
    logarithmic: bool = False
    logarithmic_x: bool = False
    marks: tuple[float, ...] = ()
    ribbons: tuple[tuple[float, float], ...] = ()
    x_names: tuple[tuple[float, Message], ...] = ()
    view: tuple[float, float] | None = None
    one_axis: bool = False
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True)
class Bar:
    """A value with its name.

    Attributes
    ----------
    low, high
        Its interval; NaN where there is none.
    other
        A value it is compared with, such as that of untrained networks.
    """

    name: Message
    value: float
    low: float = math.nan
    high: float = math.nan
    other: float = math.nan
    tone: BarTone = "plain"


@dataclass(frozen=True)
class Bars:
    """Bars with names, each a value from 0 on.

    Attributes
    ----------
    numbers
        How the values are written beside the bars.
    compared
        What the values are, and what `Bar.other` are.
    most
        Where the axis ends, such as 1 for shares; None: at the longest.
    about
        What the bars are of, to be seen beside them: a picture or a text.
    """

    label: Message
    title: Message
    axis: Message
    bars: tuple[Bar, ...]
    numbers: Literal["values", "shares", "none"] = "values"
    compared: tuple[Message, Message] | None = None
    most: float | None = None
    about: Photograph | Message | None = None


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
class Matrix:
    """Numbers with names down and across, coloured by their share.

    Attributes
    ----------
    corner
        What stands down and what across, as the head of the names.
    values
        Shape [row, column]; `low` and `high` are their interval, or None.
    shades
        From 0 to 1 (from -1 to 1 where `signed`), same shape.
    unit
        What a shade is the share of.
    written
        Whether the numbers can be read in their places; else colours alone are shown.
    """

    caption: Message
    corner: Message
    down: Message
    across: Message
    rows: tuple[Message, ...]
    columns: tuple[Message, ...]
    values: Floats
    shades: Floats
    unit: Message
    low: Floats | None = None
    high: Floats | None = None
    signed: bool = False
    written: bool = True
