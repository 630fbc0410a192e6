"""Each finding is told of a network made to have it, and not of the healthy one beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import dure
from dure.analysis.diagnostics.health import KINDS, Finding, Health
from dure.cli import app
from dure.result import Result, load
from helpers.ailing_studies import LOGITS, cancer, starved, trained

Make = Callable[..., Result]

VARIANTS: dict[str, dict[str, Any]] = {
    "healthy": {},
    "vanishing": {"activation": "sigmoid", "depth": 6},
    "exploding": {"depth": 5, "spread": 2.0, "loss": LOGITS, "last": None},
    "dead": {"bias": -30.0},
    "saturated": {"activation": "tanh", "spread": 4.0},
    "[bold]too high[/bold]": {"optimizer": "sgd", "rate": 100.0},
    "too low": {"rate": 1e-6},
    "nan": {"first": "logarithm"},
}
SHORT: dict[str, Any] = {"epochs": 1, "seeds": 2, "health": False}
BIG = {"big": {"units": 128, "depth": 2, "rate": 0.01}}
WANTED = {
    "vanishing": "vanishing_gradient",
    "exploding": "exploding_gradient",
    "dead": "dead_units",
    "saturated": "saturated_units",
    "[bold]too high[/bold]": "rate_too_high",
    "too low": "rate_too_low",
    "nan": "nan",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Result:
    return trained(tmp_path_factory.mktemp("ailing"), VARIANTS, epochs=6, seeds=2)


@pytest.fixture(scope="module")
def ailing(run: Result) -> Health:
    return run.health()


def of(health: Health, variant: str | None) -> dict[str, Finding]:
    return {f.kind: f for f in health.findings if f.variant == variant}


@pytest.mark.parametrize("variant", WANTED)
def test_what_ails_is_told(ailing: Health, variant: str) -> None:
    assert WANTED[variant] in of(ailing, variant), ailing.describe()


@pytest.mark.parametrize("kind", WANTED.values())
def test_it_is_not_told_of_the_healthy_network(ailing: Health, kind: str) -> None:
    assert kind not in of(ailing, "healthy"), ailing.describe()


def test_where_it_begins_is_told(ailing: Health) -> None:
    nan = of(ailing, "nan")["nan"]
    assert nan.layer == "logarithm" and nan.lanes == nan.of == 2
    assert (nan.numbers["step"], nan.numbers["nan_epoch"]) == (1, 1)
    vanishing = of(ailing, "vanishing")["vanishing_gradient"]
    assert vanishing.layer in {"hidden_2", "hidden_3", "hidden_4", "hidden_5"}
    assert float(vanishing.numbers["ratio"]) < 1e-2
    assert of(ailing, "dead")["dead_units"].layer == "hidden_1"
    assert of(ailing, "dead")["dead_units"].numbers["share"] == 1.0


def test_worst_first_and_the_effects_of_a_nan_are_left_out(ailing: Health) -> None:
    order = [list(KINDS).index(f.kind) for f in ailing.findings]
    assert order == sorted(order) and ailing.findings[0].kind == "nan"
    assert set(of(ailing, "nan")) == {"nan"}


def test_the_command_tells_the_same_and_draws(run: Result, ailing: Health) -> None:
    said = CliRunner().invoke(app, ["health", str(run.folder)])
    assert said.exit_code == 0 and "[bold]too high[/bold]: the rate" in said.output
    pictures = {path.name for path in (run.folder / "pictures").glob("health-*.png")}
    assert {"health-depth.png", "health-dead.png", "health-update-ratio.png"} <= pictures
    document = CliRunner().invoke(app, ["health", str(run.folder), "--json", "--no-pictures"])
    told = json.loads(document.output)
    assert [f["kind"] for f in told["findings"]] == [f.kind for f in ailing.findings]
    assert told["pictures"] == [] and told["not_looked_for"] and told["left_out"]


def test_a_layer_that_the_loss_hardly_reaches(tmp_path: Path) -> None:
    health = trained(tmp_path, made=starved, epochs=2, seeds=2).health()
    (found,) = [f for f in health.findings if f.kind == "layer_not_learning"]
    assert found.layer == "far" and float(found.numbers["update_ratio"]) < 1e-6
    told = {f.kind for f in health.findings}
    assert not {"vanishing_gradient", "exploding_gradient"} & told, health.describe()


# -- data ------------------------------------------------------------------------------------------


def test_inputs_as_measured_are_not_scaled_unless_the_network_does_it(tmp_path: Path) -> None:
    variants = {"plain": {}, "normalised": {"first": "normalised"}}
    health = trained(tmp_path, variants, cancer(scaled=False), **SHORT).health()
    told = [f for f in health.findings if f.kind == "inputs_not_scaled"]
    assert [f.variant for f in told] == ["plain"], health.describe()
    assert float(told[0].numbers["apart"]) > 1e4


def test_classes_of_very_different_sizes(tmp_path: Path) -> None:
    data = cancer()
    few = np.flatnonzero(data.labels == 0)[:12]
    rows = np.sort(np.concatenate([few, np.flatnonzero(data.labels == 1)]))
    health = trained(tmp_path, data=data.take(rows), **SHORT).health()
    (found,) = [f for f in health.findings if f.kind == "classes_unbalanced"]
    share = float(found.numbers["accuracy_of_the_commonest"])
    assert found.variant is None and 0.9 < share < 1
    assert found.lanes == found.of == 2


def test_shuffled_labels_are_learned_by_heart(tmp_path: Path) -> None:
    data = cancer()
    mixed = dure.Data(data.x, np.random.default_rng(0).permutation(data.y), prepare=data.prepare)
    health = trained(tmp_path, BIG, mixed, epochs=50, health=False).health()
    found = of(health, "big")["not_beating_chance"]
    assert found.numbers["learned"] == "by heart", health.describe()
    assert "overfitting" not in of(health, "big")


def test_a_network_that_learns_nothing(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=(300, 30)).astype(np.float32)
    data = dure.Data(noise, cancer().y)
    health = trained(tmp_path, {"tiny": {"units": 1}}, data, epochs=4, health=False).health()
    found = of(health, "tiny")["not_beating_chance"]
    assert found.numbers["learned"] != "by heart", health.describe()


def test_rows_sorted_by_class(tmp_path: Path) -> None:
    data = dure.data.breast_cancer()
    rows = [np.flatnonzero(data.labels == label)[:count] for label, count in ((1, 225), (0, 75))]
    health = trained(tmp_path, {"plain": {}}, data.take(np.concatenate(rows)), **SHORT).health()
    assert "rows are sorted by class" in of(health, "plain")["not_beating_chance"].sentence


# -- lanes -----------------------------------------------------------------------------------------


def test_one_seed_that_is_trained_otherwise(tmp_path: Path) -> None:
    variants = {"odd": {"odd": 4}, "even": {}}
    health = trained(tmp_path, variants, seeds=8, epochs=20, health=False).health()
    found = of(health, "odd")["odd_seed"]
    assert found.numbers["seeds"] == "4" and (found.lanes, found.of) == (1, 8)
    assert "odd_seed" not in of(health, "even")


def test_overfitting_and_underfitting(tmp_path: Path) -> None:
    variants = {
        "over": {"units": 64, "depth": 2, "rate": 0.02},
        "under": {"rate": 3e-4},
    }
    health = trained(tmp_path, variants, cancer(160), epochs=30, seeds=4, health=False).health()
    assert "overfitting" in of(health, "over"), health.describe()
    assert "underfitting" in of(health, "under"), health.describe()
    assert not {"overfitting", "rate_too_low"} & set(of(health, "under"))


def test_a_sound_network_has_no_finding_and_the_rest_is_said(tmp_path: Path) -> None:
    stop = pytest.importorskip("keras").callbacks.EarlyStopping(patience=4)
    health = trained(tmp_path, {"plain": {}}, epochs=25, seeds=5, callbacks=[stop]).health()
    assert not health.findings, health.describe()
    assert health.describe().startswith("No finding: NaN or infinite values, ")
    assert "were looked for in 5 lanes of 1 variant." in health.describe()
    assert "two hidden layers" in health.describe()


def test_what_was_not_recorded_is_not_looked_for(tmp_path: Path) -> None:
    result = trained(tmp_path, epochs=2, seeds=1, validation_split=0.0, health=False)
    missing = dict(result.health().missing)
    assert {"dead_units", "vanishing_gradient", "overfitting", "odd_seed"} <= set(missing)
    told = load(result.folder).health().describe()
    assert "health=False" in told and "One lane a variant" in told
