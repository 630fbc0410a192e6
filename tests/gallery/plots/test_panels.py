"""Lines in panels: what is drawn, and whether it can be read."""

import numpy as np
import pytest

from dure.gallery.plots.panels import PanelLine, PanelScale, panels
from dure.stats.intervals import band
from helpers.picture_checks import faults, said, texts

RNG = np.random.default_rng(0)
NAMES = ("glorot_uniform", "he_normal", "large", "a name that is rather long, as some are")


def lines(count: int = 4) -> dict[str, PanelLine]:
    x = np.arange(1, 9)
    return {
        name: PanelLine(x, np.exp(RNG.normal(place - x, 0.3, (5, 8))), np.exp(place - x))
        for place, name in enumerate(NAMES[:count])
    }


@pytest.mark.parametrize("log", ["", "y"])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_panels_can_be_read(log, count) -> None:
    shown = {f"panel {place}": lines() for place in range(count)}
    scale = PanelScale("layer", "norm of the gradient", log, reference=(0.5, "chance"), whole=True)
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
    figure = panels({"all": every, "some": part}, PanelScale("x", "y"), "Title")
    first, second = figure.axes[:2]
    assert first.get_ylim() == second.get_ylim()
    colours = [[line.get_color() for line in axes.get_lines()[::2]] for axes in (first, second)]
    assert colours[1] == colours[0][1:] and len(set(colours[0])) == 3


def test_means_are_geometric_on_a_logarithmic_axis() -> None:
    values = np.array([[1.0, 0.0], [100.0, 10.0], [10.0, np.nan]])
    one = PanelLine([1, 2], values)
    drawn = panels({"": {"a": one}}, PanelScale("x", "y", "y"), "Title").axes[0].get_lines()[0]
    assert np.allclose(drawn.get_ydata(), [10.0, 10.0])
    plain = panels({"": {"a": one}}, PanelScale("x", "y"), "Title").axes[0].get_lines()[0]
    assert np.allclose(plain.get_ydata(), band(values).mean)


def test_each_seed_can_be_a_line() -> None:
    values = RNG.normal(size=(5, 8))
    figure = panels(
        {"": {"a": PanelLine(np.arange(8), values, each=True)}}, PanelScale("x", "y"), "Title"
    )
    drawn = np.stack([line.get_ydata() for line in figure.axes[0].get_lines()])
    assert np.array_equal(drawn, values)
