"""Which way metrics are better, and which single values are left out of tables."""

from __future__ import annotations

import pytest

from dure.core.metrics import choose_mode, find_mode, mode_of, without_many_parts
from dure.core.types import Monitor
from dure.errors import DureError


@pytest.mark.parametrize(
    ("metric", "mode"),
    [
        ("val_auc", "max"),
        ("test_f1_score_3", "max"),
        ("val_out_accuracy", "max"),
        ("top_k_categorical_accuracy", "max"),
        ("val_loss", "min"),
        ("score_loss", "min"),
        ("mean_absolute_error", "min"),
        ("val_rmse", "min"),
        ("binary_crossentropy", "min"),
        ("false_positives", "min"),
        ("val_kappa", None),
        ("quality_2", None),
        ("learning_rate", None),
    ],
)
def test_names_tell_which_way_is_better_or_nothing_does(metric: str, mode: str | None) -> None:
    assert find_mode(metric) == mode
    assert mode_of(metric) == (mode or "min")


def test_the_monitor_and_what_the_run_folder_knows_come_before_names() -> None:
    assert find_mode("val_kappa", Monitor("val_kappa", "max")) == "max"
    assert find_mode("kappa_1", None, {"kappa": "max"}) == "max"
    assert find_mode("val_auc", None, {"auc": "min"}) == "min"
    assert find_mode("f1_1", None, {"f1_1": "min", "f1": "max"}) == "min"


def test_a_mode_is_asked_for_where_nothing_tells() -> None:
    assert choose_mode("kappa", "min", None) == "min"
    assert choose_mode("kappa", "auto", "max") == "max"
    with pytest.raises(DureError, match="Nothing says whether kappa is better low or high"):
        choose_mode("kappa", "auto", None)
    with pytest.raises(DureError, match="mode is 'up'"):
        choose_mode("kappa", "up", "max")


def test_many_single_values_are_left_out_but_for_the_monitor() -> None:
    few, many = ["f1", "f1_0", "f1_1"], [f"m_{row}_{column}" for row in "012" for column in "012"]
    assert without_many_parts([*few, *many], 3, "loss") == few
    assert without_many_parts([*few, *many], 9, "loss") == [*few, *many]
    assert without_many_parts([*few, *many], 3, "val_m_0_1") == [*few, "m_0_1"]
    assert without_many_parts(["conv_1", "top_5"], 3, "loss") == ["conv_1", "top_5"]
