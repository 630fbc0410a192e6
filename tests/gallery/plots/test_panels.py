"""Lines in panels and effects against a baseline: what is drawn, and whether it can be read."""

import numpy as np
import pytest

from dure.gallery.plots.effects import effects
from dure.gallery.plots.panels import Line, Scale, panels
from dure.stats.intervals import band, mean_interval
from helpers.picture_checks import faults, said, texts

RNG = np.random.default_rng(0)
NAMES = ("glorot_uniform", "he_normal", "large", "a name that is rather long, as some are")


def lines(count: int = 4) -> dict[str, Line]:
    x = np.arange(1, 9)
    return {
        name: Line(x, np.exp(RNG.normal(place - x, 0.3, (5, 8))), np.exp(place - x))
        for place, name in enumerate(NAMES[:count])
    }


@pytest.mark.parametrize("log", ["", "y"])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_panels_can_be_read(log, count) -> None:
    shown = {f"panel {place}": lines() for place in range(count)}
    scale = Scale("layer", "norm of the gradient", log, reference=(0.5, "chance"), whole=True)
    figure = panels(shown, scale, "Gradients", ["A note that says what is shown."])
    assert not faults(figure)
    written = said(figure)
    for word in ("layer", "norm of the gradient", "theory", "chance", *NAMES, *shown):
        assert word in written
    # The legend names each line once, however many panels there are.
    assert sum(text.get_text() == NAMES[0] for text, _ in texts(figure)) == 1


def test_a_name_keeps_its_colour_and_limits_are_shared() -> None:
    every = lines(3)
    part = {name: every[name] for name in list(every)[1:]}
    figure = panels({"all": every, "some": part}, Scale("x", "y"), "Title")
    first, second = figure.axes[:2]
    assert first.get_ylim() == second.get_ylim()
    colours = [[line.get_color() for line in axes.get_lines()[::2]] for axes in (first, second)]
    assert colours[1] == colours[0][1:] and len(set(colours[0])) == 3


def test_means_are_geometric_on_a_logarithmic_axis() -> None:
    values = np.array([[1.0, 0.0], [100.0, 10.0], [10.0, np.nan]])
    one = Line([1, 2], values)
    drawn = panels({"": {"a": one}}, Scale("x", "y", "y"), "Title").axes[0].get_lines()[0]
    assert np.allclose(drawn.get_ydata(), [10.0, 10.0])
    plain = panels({"": {"a": one}}, Scale("x", "y"), "Title").axes[0].get_lines()[0]
    assert np.allclose(plain.get_ydata(), band(values).mean)


def test_each_seed_can_be_a_line() -> None:
    values = RNG.normal(size=(5, 8))
    figure = panels({"": {"a": Line(np.arange(8), values, each=True)}}, Scale("x", "y"), "Title")
    drawn = np.stack([line.get_ydata() for line in figure.axes[0].get_lines()])
    assert np.array_equal(drawn, values)


def test_effects_can_be_read_and_tell_their_intervals() -> None:
    values = {
        "stopping in time": {"at the end": RNG.normal(-1, 0.1, 10)},
        "Dropout of 0.5": {"at the end": RNG.normal(0, 1, 10), "at best": RNG.normal(0, 0.1, 10)},
    }
    figure = effects(values, "Cures", "difference", ["Left of 0 the cure is better."])
    assert not faults(figure)
    written = said(figure)
    for word in ("at the end", "at best", "difference", *values):
        assert word in written
    drawn = {tuple(np.round(line.get_xdata(), 9)) for line in figure.axes[0].get_lines()}
    for one in values.values():
        for seeds in one.values():
            mean, low, high = np.round(mean_interval(seeds[:, None])[:3], 9)
            assert {(mean,), (low, high)} <= drawn
    assert (0, 0) in drawn
