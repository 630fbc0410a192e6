"""Kernels, feature maps, saliency and Grad-CAM: which panels there are, and what they show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dure.errors import DureError
from dure.measurements.pictures import maps_beside_pictures
from dure.measurements.stored import measurement_of
from dure.plots.style import show_picture
from helpers.made_measurements import LANES, array, coords
from helpers.picture_checks import drawn, faults, said

PICTURES = np.random.default_rng(1).random((8, 28, 28, 1))


def panels(figure: Figure) -> list[Axes]:
    """Axes that hold a picture; not the colour bar."""
    return [axes for axes in figure.axes if axes.images and axes.get_label() != "<colorbar>"]


def shown(axes: Axes) -> Any:
    return np.asarray(axes.images[-1].get_array())


CONVOLUTION = {"height": 3, "width": 3, "channel": 4}


@pytest.mark.parametrize(
    ("figure", "count"),
    [
        (lambda: drawn(array(**CONVOLUTION, filter=32), "kernels"), 32),
        (lambda: drawn(array(**CONVOLUTION, filter=100), "kernels"), 64),
        (
            lambda: drawn(
                array(**CONVOLUTION, filter=40), "kernels", None, array(**CONVOLUTION, filter=40)
            ),
            64,
        ),
        (
            lambda: drawn(
                array(True, **CONVOLUTION, filter=40),
                "kernels",
                None,
                array(True, **CONVOLUTION, filter=40),
            ),
            64,
        ),
        (lambda: drawn(array(step=5, channel=16, filter=3), "kernels"), 3),
        (lambda: drawn(array(input=30, unit=16), "kernels", None, array(input=30, unit=16)), 2),
        (lambda: drawn(array(True, input=300, unit=2), "kernels"), LANES),
        (
            lambda: drawn(array(row=5, height=14, width=14, channel=64), "feature_maps", PICTURES),
            65,
        ),
        (lambda: drawn(array(row=1, height=7, width=7, channel=3), "feature_maps"), 3),
        (lambda: drawn(array(True, row=5, height=9, width=9, channel=64), "feature_maps"), 64),
        (lambda: drawn(array(row=8, step=50, unit=8), "feature_maps"), 6),
        (lambda: drawn(array(True, row=8, step=50, unit=8), "feature_maps"), LANES),
        (lambda: drawn(array(row=8, unit=30), "feature_maps"), 1),
        (lambda: drawn(array(row=4, axis_1=3, axis_2=3, axis_3=2, axis_4=2), "feature_maps"), 1),
        (lambda: drawn(array(row=4, height=28, width=28, channel=3), "saliency", PICTURES), 12),
        (lambda: drawn(array(True, row=3, height=7, width=7), "saliency", PICTURES), 15),
        (lambda: drawn(named_features(array(row=6, feature=30)), "saliency"), 1),
        (lambda: drawn(named_features(array(True, row=6, feature=3)), "saliency"), LANES),
    ],
)
def test_panels_are_as_many_as_wanted_and_nothing_overlaps(figure: Any, count: int) -> None:
    made = figure()
    assert len(panels(made)) == count
    assert faults(made) == []
    assert "digits · MNIST" in said(made)


def named_features(saliency: Any) -> Any:
    names = [f"worst measurement {place}" for place in range(saliency.sizes["feature"])]
    return saliency.assign_coords(feature=names)


def test_kernels_are_centred_at_0_in_one_scale_for_both() -> None:
    trained, untrained = array(**CONVOLUTION, filter=5), array(seed=1, **CONVOLUTION, filter=5) / 9
    untrained = untrained.assign_attrs(twin="seed 7")
    figure = drawn(trained, "kernels", None, untrained)
    limits = {axes.images[0].get_clim() for axes in panels(figure)}
    assert len(limits) == 1
    low, high = limits.pop()
    assert low == -high and high == pytest.approx(abs(trained.mean("channel")).max().item())
    assert "untrained, seed 7" in said(figure) and "mean of its 4 channels" in said(figure)


def test_each_panel_is_its_filter() -> None:
    kernel = array(**CONVOLUTION, filter=6)
    for place, axes in enumerate(panels(drawn(kernel, "kernels"))):
        assert shown(axes) == pytest.approx(kernel.values[..., place].mean(axis=2))


def test_over_lanes_each_lane_has_its_row() -> None:
    kernel = array(True, **CONVOLUTION, filter=40)
    figure = drawn(kernel, "kernels")
    columns = 64 // LANES
    for place, axes in enumerate(panels(figure)):
        lane, number = divmod(place, columns)
        assert shown(axes) == pytest.approx(kernel.values[lane, ..., number].mean(axis=2))
    assert f"The first {columns} of 40 filters" in said(figure)
    assert all(f"seed {seed}" in said(figure) for seed in range(LANES))


def test_feature_maps_stand_in_rows_and_channels() -> None:
    maps = array(row=2, height=6, width=5, channel=4)
    boxes = panels(drawn(maps, "feature_maps", PICTURES))
    assert shown(boxes[0]) == pytest.approx(stretched(PICTURES[0, ..., 0]))
    for place, axes in enumerate(boxes[1:5]):
        assert shown(axes) == pytest.approx(maps.values[0, ..., place])
    assert boxes[1].get_position().y0 > boxes[6].get_position().y0  # the second row is below


def stretched(picture: Any) -> Any:
    return (picture - picture.min()) / (picture.max() - picture.min())


def test_titles_say_how_many_of_how_many() -> None:
    figure = drawn(array(row=5, height=4, width=4, channel=64), "feature_maps")
    assert "The first 12 of 64 channels. 5 of 5,000 rows." in said(figure)


def test_signed_maps_are_red_and_blue_and_the_largest_channel_counts() -> None:
    maps = array(row=1, height=5, width=5, channel=3)
    _, plain, over = panels(drawn(maps, "saliency", PICTURES))
    image = plain.images[0]
    assert image.get_clim() == (-image.get_clim()[1], image.get_clim()[1])
    wanted = np.take_along_axis(
        maps.values, np.abs(maps.values).argmax(axis=3, keepdims=True), axis=3
    )[0, ..., 0]
    assert shown(plain) == pytest.approx(wanted)
    assert len(over.images) == 2 and "Red raises the score" in said(
        drawn(maps, "saliency", PICTURES)
    )


def test_maps_without_signs_begin_at_0() -> None:
    maps = abs(array(row=2, height=7, width=7)).assign_attrs(model="m")
    figure = drawn(maps, "saliency", PICTURES)
    assert panels(figure)[1].images[0].get_clim()[0] == 0
    assert "Bright counts much" in said(figure)


def test_rows_are_named_by_what_was_said_of_them() -> None:
    maps = array(row=2, height=7, width=7).assign_coords(
        predicted=("row", ["7", "두레"]), true=("row", ["1", "$x$"])
    )
    figure = drawn(maps, "saliency", PICTURES)
    assert "row 0, true class 1, predicted 7" in said(figure)
    assert "row 1, true class \\$x\\$, predicted 두레" in said(figure)


def test_features_are_named_and_series_are_lines() -> None:
    figure = drawn(named_features(array(row=3, feature=4)), "saliency")
    assert "worst measurement 3" in said(figure)
    series = drawn(array(True, row=2, step=20, feature=2), "saliency")
    assert [len(axes.lines) for axes in series.axes] == [LANES] * 2
    assert faults(series) == []


@pytest.mark.parametrize(("channels", "colours"), [(1, False), (2, False), (3, True), (5, False)])
def test_pictures_are_grey_or_in_colour(channels: int, colours: bool) -> None:
    axes = Figure().add_subplot()
    show_picture(axes, np.full((4, 6, channels), 7.0))
    assert (np.asarray(axes.images[0].get_array()).ndim == 3) is colours


def test_what_has_no_such_dimensions_is_refused() -> None:
    with pytest.raises(DureError, match="is no kernel"):
        drawn(array(unit=3), "kernels")
    with pytest.raises(DureError, match="has dimensions .* not height, width"):
        maps_beside_pictures(measurement_of(array(row=3, feature=3), PICTURES), 1, 1)


def test_folds_are_told_apart() -> None:
    maps = array(True, row=1, height=4, width=4, channel=2).assign_coords(coords(True, folds=2))
    assert "seed 1, fold 2" in said(drawn(maps, "feature_maps"))


def test_more_lanes_than_rows_are_counted() -> None:
    kernel = array(True, input=8, unit=3)
    many = kernel.isel(lane=[0, 1, 2, 3, 0, 1])
    assert "6 networks of variant 두레, units=8, the first 4 shown" in said(drawn(many, "kernels"))


def test_nothing_finite_and_nothing_at_all_are_drawn() -> None:
    zeros = array(**CONVOLUTION, filter=2) * 0
    assert faults(drawn(zeros.assign_attrs(kind="kernels"), "kernels")) == []
    empty = array(row=1, height=3, width=3, channel=2) * np.nan
    assert len(panels(drawn(empty, "feature_maps"))) == 2
