"""Pictures of what goes on in each layer: readable, and of the right numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dure.errors import DureError
from dure.plots.layers import against_depth, against_epoch, save_all
from dure.results.layer_order import order_layers
from helpers.made_layer_curves import layer_curves
from helpers.picture_checks import faults, said

DEEP = [f"dense_{place}" if place else "dense" for place in range(12)]
NAMES = ["sigmoid, depth=12", "비교 $x$ [bold]a very long name that has to be cut[/bold]", "relu"]


def lines(axes: Any) -> list[Any]:
    return [line for line in axes.get_lines() if len(line.get_xdata())]


@pytest.mark.parametrize("layers", [DEEP[:3], DEEP])
@pytest.mark.parametrize("variants", [NAMES[:1], NAMES])
def test_everything_can_be_read(layers: list[str], variants: list[str]) -> None:
    recorded = layer_curves(layers, variants, seeds=3)
    for figure in (against_depth(recorded), against_epoch(recorded, "dead")):
        assert not faults(figure)
        assert "3 lanes a variant" in said(figure) and "dense_1" in said(figure)


def test_lines_are_geometric_means_over_lanes_of_their_layer() -> None:
    recorded = layer_curves(DEEP[:4])
    (axes,) = against_epoch(recorded, "update_ratio").axes
    for line, name in zip(lines(axes), DEEP, strict=False):
        values = recorded["update_ratio"].sel(layer=name).values[0, :, 0]
        assert line.get_ydata() == pytest.approx(np.exp(np.log(values).mean(axis=0)))
    (axes,) = against_depth(recorded).axes
    before, after = lines(axes)
    slope = np.log(recorded["activation_gradient"].values[0, :, 0]).mean(axis=0)
    assert before.get_xdata() == pytest.approx(np.exp(slope[0]))
    assert after.get_xdata() == pytest.approx(np.exp(slope[-1]))


def test_layers_without_a_value_are_left_out() -> None:
    recorded = layer_curves(DEEP[:3])
    recorded["dead"][..., 1] = np.nan
    text = said(against_epoch(recorded, "dead"))
    assert "dense_2" in text and "dense_1" not in text


def test_nothing_recorded_and_other_words_are_refused() -> None:
    recorded = layer_curves()
    with pytest.raises(DureError, match=r"no quantity 'daed'.*Did you mean 'dead'"):
        against_epoch(recorded, "daed")
    with pytest.raises(DureError, match="health=True"):
        against_epoch(recorded.drop_vars("dead"), "dead")


class Given:
    """What `save_all` asks of a result."""

    def __init__(self, folder: Path, recorded: Any, orders: dict[str, list[str]]) -> None:
        self.folder, self.layer_curves = folder, recorded
        models = {v: {"layers": [{"name": n} for n in names]} for v, names in orders.items()}
        self.manifest = {"facts": {"models": models}}


def test_the_layers_of_a_deeper_variant_stand_before_the_output(tmp_path: Path) -> None:
    recorded = layer_curves(["dense", "end", "dense_1"], ["short", "deep"])
    orders = {"short": ["dense", "end"], "deep": ["dense", "dense_1", "end"]}
    given: Any = Given(tmp_path, recorded, orders)
    assert order_layers(given)["layer"].values.tolist() == ["dense", "dense_1", "end"]
    paths = save_all(given)
    assert {p.name for p in paths} >= {"health-depth.png", "health-dead.png"}
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in paths)
    contrary: Any = Given(tmp_path, recorded, {"a": ["dense", "end"], "b": ["end", "dense"]})
    assert order_layers(contrary)["layer"].values.tolist() == ["dense", "end", "dense_1"]
    assert save_all(Given(tmp_path, recorded.drop_vars(list(recorded)), {})) == []  # type: ignore[arg-type]
