"""Where networks of one architecture agree, and where they do not."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dure.core.formatting import format_number, format_percent
from dure.core.palette import COLOURS, TRAINED, UNTRAINED
from dure.measurements.labels import class_names, need, title_of
from dure.plots.style import SMALL, TEXT, Sheet, drawing, dressed, named_rows, plain


@drawing
def matched_filters(measured: xr.Dataset) -> Figure:
    """In how many networks each filter is found, trained beside untrained.

    Parameters
    ----------
    measured
        found_in (filter) and similarity (filter, lane), perhaps with `chance` (filter, lane), the
        similarity of the untrained twins, and the attributes `threshold` and `reference`.
    """
    need(measured, "filter", "lane")
    lanes, filters = measured.sizes["lane"], measured.sizes["filter"]
    threshold = float(measured.attrs.get("threshold", 0.7))
    found = np.asarray(measured["found_in"].values)
    everywhere = int((found >= lanes).sum())
    notes = [f"{filters} filters of one of {lanes} networks, matched one to one with those"]
    notes[0] += f" of each other; found: |correlation| at least {format_number(threshold)}."
    notes.append(f"{everywhere} of {filters} are found in all {lanes}.")
    page = Sheet(10.5, 3.6, title_of(measured, "Agreement"), notes)
    axes = page.axes(0.65, 0.3, 4.2, 2.7)
    places = np.arange(1, lanes + 1)
    named = [("trained", measured["similarity"], TRAINED)]
    if "chance" in measured:
        named.append(("untrained", measured["chance"], UNTRAINED))
    width = 0.8 / len(named)
    for place, (name, similarity, colour) in enumerate(named):
        count = (similarity.values >= threshold).sum(axis=similarity.get_axis_num("lane"))
        heights = [int((count == lanes_).sum()) for lanes_ in places]
        at = places + (place - (len(named) - 1) / 2) * width
        axes.bar(at, heights, width * 0.95, color=colour, alpha=0.8, label=name)
    axes.set_title("in how many networks a filter is found", fontsize=TEXT, loc="left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    dressed(axes, "networks, its own among them", "filters", "y")
    axes.legend(fontsize=SMALL + 0.5, frameon=False)
    axes = page.axes(5.9, 0.3, 4.4, 2.7)
    for name, similarity, colour in named:
        others = similarity.drop_isel(lane=int(measured.attrs.get("reference", 0)))
        axes.hist(
            np.asarray(others.values).ravel(),
            np.linspace(0, 1, 21).tolist(),
            color=colour,
            histtype="stepfilled" if name == "trained" else "step",
            alpha=0.5 if name == "trained" else 1,
            linewidth=1.4,
        )
    axes.axvline(threshold, color="0.3", linestyle="--", linewidth=1)
    axes.set_title("how alike matched filters are (dashed: found)", fontsize=TEXT, loc="left")
    dressed(axes, "|correlation| with its match", "filters x networks", "y")
    return page.figure


@drawing
def predictions(measured: xr.Dataset) -> Figure:
    """How many networks give each row's majority class; the rows that divide them most.

    Parameters
    ----------
    measured
        share (row), of the networks that agree with the majority, and majority (row), the place of
        that class, sorted by least agreement; perhaps true (row).
    """
    need(measured, "row")
    agreement = np.asarray(measured["share"].values, dtype=np.float64)
    lanes = int(measured.attrs.get("lanes", 0))
    rows = len(agreement)
    notes = [
        f"{format_percent(float((agreement >= 1).mean()))} of {rows:,} rows are predicted alike by"
    ]
    notes[0] += f" all {lanes} networks." if lanes else " all networks."
    shown = min(rows, 20)
    page = Sheet(10.5, 3.9, title_of(measured, "Agreement of predictions"), notes)
    axes = page.axes(0.8, 0.3, 4.0, 3.0)
    values, counts = np.unique(np.round(agreement, 6), return_counts=True)
    axes.bar(values, counts / rows, 0.6 * (1 / (lanes or 10)), color=COLOURS[0], alpha=0.8)
    axes.set_xlim(0, 1 + 0.5 / (lanes or 10))
    axes.set_title("all rows", fontsize=TEXT, loc="left")
    dressed(axes, "share of networks with the majority", "share of rows", "y")
    axes = page.axes(7.4, 0.3, 2.9, 3.0)
    axes.barh(range(shown), agreement[:shown], color=COLOURS[0], alpha=0.8, height=0.7)
    axes.set_xlim(0, 1)
    axes.set_title(plain("the rows most in dispute"), fontsize=TEXT, loc="left")
    classes, names = class_names(measured["votes"]), []
    for place in range(shown):
        one = measured.isel(row=place)
        name = f"row {int(one['row']):,}: most say {classes[int(one['majority'])]}"
        names.append(name + (f", is {classes[int(one['true'])]}" if "true" in one else ""))
    named_rows(dressed(axes, "share with the majority", "", "x"), names, 2.3)
    return page.figure
