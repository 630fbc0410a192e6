"""The document of a report: its numbers are those of the result, whatever kind of run it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dure
from dure.blocks.charts import Curves, Intervals, Lines
from dure.blocks.content import (
    Beside,
    Card,
    Code,
    Document,
    Folded,
    Pairs,
    Section,
    Table,
    blocks_of,
)
from dure.messages.message import has_words
from dure.messages.translate import translate
from dure.plots.charts import curves as curve_blocks
from dure.report import document as report_document
from dure.report.document import document
from dure.report.sections.study import ranges
from helpers.big_runs import big_run, made_run
from helpers.documents import HOSTILE, all_said, documents

KEYS = ["curves", "comparison", "overfitting", "findings", "inside", "study"]
Kind = type[Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Document]:
    return documents(tmp_path_factory.mktemp("documents"))


def of(kind: Kind, section: Section) -> list[Any]:
    return [block for block in blocks_of(section.blocks) if isinstance(block, kind)]


def one(kind: Kind, section: Section) -> Any:
    return of(kind, section)[0]


def texts(found: Any) -> str:
    return "\n".join(all_said(found))


def result_of(document: Document) -> dure.Result:
    return dure.load(document.source[0])


# -- numbers ---------------------------------------------------------------------------------------


def test_curves_are_the_means_of_the_lanes(made: dict[str, Document]) -> None:
    result, block = result_of(made["plain"]), one(Curves, made["plain"].section("curves"))
    assert [metric.name for metric in block.metrics] == ["loss", "accuracy"]
    assert block.epochs.tolist() == list(range(1, 13))
    for metric in block.metrics:
        for place, variant in enumerate(block.variants):
            values = result.curves[f"val_{metric.name}"].sel(variant=variant, fold=1).values
            held = metric.validation[place]
            np.testing.assert_allclose(held.mean, values.mean(axis=0), rtol=1e-12)
            assert (held.low < held.mean).all() and (held.lanes == 6).all()
            np.testing.assert_array_equal(metric.single[place], values)
            trained = result.curves[metric.name].sel(variant=variant, fold=1).values
            np.testing.assert_allclose(metric.training[place].mean, trained.mean(axis=0))
    rows = result.overfitting().rows
    assert block.turns == tuple(row.turning_epoch.mean for row in rows)
    assert block.lanes == block.drawn == (6, 6) and block.single_epochs is None


def test_lost_lanes_are_in_no_mean_and_counted(made: dict[str, Document]) -> None:
    result, section = result_of(made["lost"]), made["lost"].section("curves")
    block = one(Curves, section)
    sound = result.curves["val_loss"].sel(variant="plain", fold=1).values[2:]
    np.testing.assert_allclose(block.metrics[0].validation[0].mean, sound.mean(axis=0))
    assert block.metrics[0].validation[0].lanes.max() == 4
    assert "left out of the means: 2 of plain and 1 of dropout." in texts(block.notes)
    assert block.drawn == (6, 6)  # drawn all the same, as far as they came
    assert np.isfinite(block.metrics[0].single[0][0]).sum() == 3
    table = one(Table, one(Folded, section))
    assert len(table.rows) == 3 and "loss became NaN at epoch 4" in table.rows[0][3]
    assert table.rows[2][3] == "failed: ValueError: <no> {shape}"


def test_the_summary_is_that_of_the_result(made: dict[str, Document]) -> None:
    from dure.results.summary import summary_cells

    table = one(Table, made["plain"].section("curves"))
    header, rows = summary_cells(result_of(made["plain"]))
    assert table.header == tuple(header) and table.rows == tuple(map(tuple, rows))


def test_differences_are_those_of_compare(made: dict[str, Document]) -> None:
    for kind, given in (("three variants", {}), ("baseline", {"baseline": "b", "rope": 0.05})):
        section = made[kind].section("comparison")
        found = result_of(made[kind]).compare(**given)
        block = one(Intervals, section)
        assert len(block.spans) == len(found.pairs) and block.zero
        for span, pair in zip(block.spans, found.pairs, strict=True):
            assert (span.mean, span.low, span.high) == (pair.difference, pair.low, pair.high)
            assert span.label == f"{pair.first} − {pair.second}"
            better = {"better": "good", "worse": "bad"}.get(pair.verdict, "plain")
            assert span.tone == better and pair.verdict in span.note
        assert block.rope == given.get("rope")
        assert [row[0] for row in one(Table, section).rows] == [
            f"{pair.first} - {pair.second}" for pair in found.pairs
        ]


@pytest.mark.parametrize(("step", "tone"), [(0.2, "good"), (-0.2, "bad")])
def test_the_tone_follows_the_metric_not_the_sign(tmp_path: Path, step: float, tone: str) -> None:
    run = made_run(tmp_path / "run", ["first", "second"], range(8), step=step)
    for metric, sign in (("val_loss", -1), ("val_accuracy", 1)):
        section = document(dure.load(run), metric=metric).section("comparison")
        span = one(Intervals, section).spans[0]
        assert span.tone == tone and np.sign(span.mean) == sign * np.sign(step)


def test_means_are_those_of_the_summary(made: dict[str, Document]) -> None:
    summary = result_of(made["plain"]).summary()
    pictures = of(Intervals, made["plain"].section("comparison"))[1:]
    metrics = [picture.axis.split()[0] for picture in pictures]
    assert metrics[0] == "val_loss" and sorted(metrics[1:]) == ["test_accuracy", "test_loss"]
    for picture, metric in zip(pictures, metrics, strict=True):
        rows = summary[summary["metric"] == metric][["variant", "mean", "low", "high"]]
        found = [(span.label, span.mean, span.low, span.high) for span in picture.spans]
        assert found == [tuple(row) for row in rows.to_numpy()]


def test_overfitting_is_that_of_the_result(made: dict[str, Document]) -> None:
    section, found = made["plain"].section("overfitting"), result_of(made["plain"]).overfitting()
    block = one(Intervals, section)
    for span, row, cells in zip(block.spans, found.rows, one(Table, section).rows, strict=True):
        assert (span.mean, span.low, span.high) == row.given_away[:3]
        assert cells[1] == row.kind and cells[4] == row.recommended_epochs
        assert row.describe(found.tolerance, found.metric) in texts(section)


def test_findings_are_those_of_the_result(made: dict[str, Document]) -> None:
    health, section = result_of(made["lost"]).health(), made["lost"].section("findings")
    cards = of(Card, section)
    assert [card.text for card in cards] == [finding.sentence for finding in health.findings]
    assert all(card.numbers for card in cards)
    gradients = one(Lines, section)
    assert gradients.logarithmic and [line.name for line in gradients.lines] == ["plain", "dropout"]
    assert gradients.ticks == ("conv2d", "dense", "dense_1")
    layers = result_of(made["lost"]).layer_curves["gradient_norm"].sel(epoch=12, variant="plain")
    sound = layers.values[2:, 0]
    np.testing.assert_allclose(gradients.lines[0].y, np.exp(np.log(sound).mean(axis=0)))


def test_the_study_says_what_the_manifest_holds(made: dict[str, Document]) -> None:
    section = made["plain"].section("study")
    said = texts(section)
    for part in (
        "800 to train on",
        "10 classes, 80 training rows each",
        "accuracy 10 %",
        "0–5",
        "Adam",
        "sparse_categorical_crossentropy 2.31",
        "batch_size",
    ):
        assert part in said, part
    codes = [block.text for block in of(Code, section)]
    assert codes == ["dure run made.py:study --seeds 6", "dure run made.py"]
    assert one(Code, made["python"].section("study")).language == "python"
    assert of(Code, made["bare"].section("study")) and of(Pairs, made["bare"].section("study"))


def test_seeds_are_short() -> None:
    assert ranges([0, 1, 2, 7, 9, 10]) == "0–2, 7, 9–10" and ranges([3]) == "3"


# -- verdicts and banners --------------------------------------------------------------------------


def test_the_verdict_says_who_is_better_and_what_next(made: dict[str, Document]) -> None:
    for kind, parts in {
        "plain": (
            "cannot tell yet",
            "val_loss 0.",
            "mean over 6 seeds",
            "train 5 epochs",
            "--seeds 13",
        ),
        "one variant": ("only: val_loss", "mean over 6 seeds", "train 5 epochs"),
        "three variants": ("a is better than c.", "a is ahead of b, but not shown to be better."),
        "baseline": ("Not settled against b: c.",),
        "many": ("at least 12 are needed", "So far v0 is ahead", "--seeds 12"),
        "folds": ("5 folds of one seed",),
        "no validation": ("loss is of the training rows",),
        "all lost": ("Every lane diverged or failed",),
        "nothing yet": ("No lane has come to its end yet",),
        "lost": ("mean of 4 out of 6 lanes", "The worst of 3 findings", "dure cure made.py:study"),
        "python": ("dure.Study(..., seeds=13)",),
        "two": ("a is better than c.", "first: a: val_loss", "second: b: val_loss"),
    }.items():
        for part in parts:
            assert part in "\n".join(made[kind].verdict), (kind, part)
    assert max(len(found.verdict) for found in made.values()) <= 7


def test_one_network_is_no_evidence(made: dict[str, Document]) -> None:
    assert made["one lane, three variants"].verdict[0].startswith("c: val_loss")
    for kind in ("one lane", "one lane, one variant", "one lane, three variants"):
        verdict = "\n".join(made[kind].verdict)
        assert "no evidence" in verdict and "--seeds" in verdict
        assert "better than plain" not in verdict and "is ahead" not in verdict


def test_a_run_until_decided_ends_with_its_own_words(tmp_path: Path) -> None:
    from dure.analysis.comparison.sequential import InterimLook, Rule, Sequential, SequentialPair

    rule = Rule.of(["plain", "dropout"], "val_loss", "min", seeds=6, max_seeds=20)
    pair = SequentialPair("plain", "dropout", -0.03, -0.05, float("-inf"), 0.001, "better", 6)
    account = Sequential(rule, (InterimLook(6, 0.01, "plain", "decided", (pair,)),)).to_manifest()
    run = made_run(tmp_path / "run", manifest={"sequential": account})
    made = document(dure.load(run))
    assert made.verdict[0] == "Decided after 6 seeds: plain is best."
    assert not any("--seeds" in said for said in made.verdict)
    section = made.section("comparison")
    span = one(Intervals, section).spans[0]
    assert (span.mean, span.tone) == (-0.03, "good") and np.isnan(span.high)
    assert "p values are too small" in one(Folded, section).title
    assert "--until decided --max-seeds 20" in one(Code, made.section("study")).text


def test_training_that_is_not_over_is_said_first(made: dict[str, Document]) -> None:
    assert made["half-way"].banner == (
        "Training is not over: 4 of 6 lanes done, 45 of 72 epochs; all below is of what there is "
        "so far. Diverged: 1 lane of 6."
    )
    assert made["lost"].banner == "Diverged: 2 lanes of 12. Failed: 1 lane of 12."
    assert made["plain"].banner is None
    assert str(made["two half-way"].banner).startswith("made: Training is not over")
    assert not any("resume" in said for said in made["half-way"].verdict)


def test_what_cannot_be_told_says_why(made: dict[str, Document]) -> None:
    for kind, key, part in (
        ("one variant", "comparison", "or compare it with a second run"),
        ("no validation", "overfitting", "held no rows for validation"),
        ("nothing yet", "curves", "No lane has ended an epoch yet"),
        ("nothing yet", "comparison", "nothing to compare yet"),
        ("nothing yet", "overfitting", "cannot be told yet"),
    ):
        assert part in texts(made[kind].section(key)), (kind, key)


def test_an_error_in_a_section_is_a_sentence_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise dure.DureError("the disk is gone")

    monkeypatch.setattr(report_document.study, "section", fails)
    result = dure.load(made_run(tmp_path / "run"))
    made = document(result, metric="no_such")
    assert texts(made.section("study").blocks) == "the disk is gone"
    assert "There is no metric 'no_such'" in texts(made.section("comparison"))
    assert [section.key for section in made.sections] == KEYS


def test_a_search_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    result = dure.load(made_run(tmp_path / "run"))
    made = document(result, cure=tmp_path / "nowhere")
    assert [section.key for section in made.sections] == [*KEYS[:4], "cures", *KEYS[4:]]
    said = texts(made.section("cures").blocks)
    assert "nowhere" in said and said in made.verdict


# -- sizes -----------------------------------------------------------------------------------------


def test_many_pairs_show_the_leaders(made: dict[str, Document]) -> None:
    section = made["many"].section("comparison")
    shown, folded = of(Intervals, section)[:2]
    assert len(shown.spans) == 13 and all("v0" in span.label for span in shown.spans)
    assert len(folded.spans) == 78 and one(Folded, section).title == "The other 78 pairs"


def test_single_lanes_are_evenly_spaced_and_never_one_fold_only(tmp_path: Path) -> None:
    run = big_run(tmp_path / "run", 10, 20, 5, 3)
    block = one(Curves, document(dure.load(run)).section("curves"))
    result = dure.load(run)
    assert sum(block.drawn) <= 240 and block.lanes == (100,) * 10
    values = result.curves["val_loss"].values.reshape(10, 100, 3)
    step = 6  # 5 would draw fold 1 alone
    np.testing.assert_array_equal(block.metrics[0].single[3], values[3, ::step])
    assert "17 of 100 lanes of each variant are drawn by themselves, one in 6" in texts(block.notes)


def test_long_trainings_are_thinned_and_keep_extremes(made: dict[str, Document]) -> None:
    result, block = result_of(made["long"]), one(Curves, made["long"].section("curves"))
    assert len(block.epochs) == 2000 and block.epochs[0] == 1 and block.epochs[-1] == 2500
    means = result.curves["val_loss"].sel(variant="plain", fold=1).values.mean(axis=0)
    np.testing.assert_allclose(block.metrics[0].validation[0].mean, means[block.epochs - 1])
    lanes = result.curves["val_loss"].sel(variant="plain", fold=1).values
    drawn = block.metrics[0].single[0]
    assert drawn.shape == (3, 386) and (np.diff(block.single_epochs) > 0).all()
    for group in range(193):
        part = lanes[:, 13 * group : 13 * group + 13]
        both = drawn[:, 2 * group : 2 * group + 2]
        np.testing.assert_array_equal(both.min(axis=1), part.min(axis=1))
        np.testing.assert_array_equal(both.max(axis=1), part.max(axis=1))
        assert 13 * group < block.single_epochs[2 * group] <= 13 * group + 13
    assert "Means are given at 2,000 of 2,500 epochs" in texts(block.notes)


@pytest.mark.parametrize("length", [401, 601, 999, 2001])
def test_groups_have_two_columns_each(length: int) -> None:
    lanes = np.random.default_rng(0).normal(size=(2, length))
    lanes[1, 50:] = np.nan
    grouped, epochs = curve_blocks._group(lanes), curve_blocks._group_epochs(length)
    assert grouped.shape == (2, len(epochs)) and epochs[-1] <= length
    assert (np.diff(epochs) > 0).all() and grouped[0].max() == lanes[0].max()
    assert np.isnan(grouped[1, -1]) and np.nanmax(grouped[1]) == np.nanmax(lanes[1])


# -- two studies -----------------------------------------------------------------------------------


def test_two_studies_are_compared_and_stand_side_by_side(made: dict[str, Document]) -> None:
    found = made["two"]
    names = ("a", "first: b", "second: b", "c")
    first, second = map(dure.load, found.source)
    block = one(Curves, found.section("curves"))
    assert found.title == "first · second" and block.variants == names
    pairs = first.compare(other=second).pairs
    spans = one(Intervals, found.section("comparison")).spans
    assert [span.mean for span in spans] == [pair.difference for pair in pairs]
    assert [section.key for section in found.sections] == KEYS
    for key in KEYS[2:]:
        assert [name for name, _ in one(Beside, found.section(key)).columns] == ["first", "second"]
    held = second.curves["val_loss"].sel(variant="c", fold=1).values.mean(axis=0)
    np.testing.assert_allclose(block.metrics[0].validation[3].mean, held)


def test_curves_of_unlike_length_share_an_axis(tmp_path: Path) -> None:
    runs = [
        made_run(tmp_path / name, ["v"], epochs=n, name=name)
        for name, n in (("short", 5), ("long", 9))
    ]
    block = one(Curves, document(*map(dure.load, runs)).section("curves"))
    assert len(block.epochs) == 9 and block.variants == ("short: v", "long: v")
    short = block.metrics[0].validation[0]
    assert np.isfinite(short.mean[:5]).all() and np.isnan(short.mean[5:]).all()
    assert not short.lanes[5:].any()


# -- text ------------------------------------------------------------------------------------------


def test_hostile_names_stay_as_they_are(made: dict[str, Document]) -> None:
    found = made["hostile"]
    assert found.title == HOSTILE[0]
    names = {said for said in all_said(found) if said.template == "{text}"}
    assert set(HOSTILE) <= names
    block = one(Curves, found.section("curves"))
    assert block.variants == HOSTILE


def test_every_kind_of_run_has_every_section(made: dict[str, Document]) -> None:
    for kind, found in made.items():
        assert [section.key for section in found.sections] == KEYS, kind
        assert found.verdict and all(section.blocks for section in found.sections), kind


def test_everything_can_be_said_in_korean(made: dict[str, Document]) -> None:
    for kind, found in made.items():
        for said in all_said(found):
            korean = translate(said, "ko")
            if has_words(said.template):
                assert korean != said, (kind, said)


def test_no_field_is_left_in_what_is_said(made: dict[str, Document]) -> None:
    for found in (found for kind, found in made.items() if kind != "hostile"):
        assert not [said for said in all_said(found) if "{" in said and "{shape}" not in said]


def test_neither_jax_nor_keras_is_loaded(tmp_path: Path) -> None:
    run = made_run(tmp_path / "run")
    code = (
        "import sys; from dure.result import load;"
        "from dure.report.document import document;"
        f"document(load({str(run)!r}));"
        "print([name for name in ('jax', 'keras', 'matplotlib') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize("asked", [None, "val_loss"])
def test_a_penalty_in_some_losses_only_is_not_called_a_fault(
    tmp_path: Path, asked: str | None
) -> None:
    """Keras' loss of such a variant is higher by its penalty; another metric is free of it."""
    folder = made_run(tmp_path / "run", ["plain", "L2"])
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    for name, model in manifest["facts"]["models"].items():
        model["penalised"] = name == "L2"
    path.write_text(json.dumps(manifest), "utf-8")
    result = dure.load(folder)
    told = document(result, metric=asked)
    remark = "Compared by val_accuracy, since val_loss of L2 holds an L1 or L2 penalty"
    assert any(remark in said for said in told.verdict) == (asked is None)
    wanted = result.compare(asked or "val_accuracy")
    section = texts(told.section("comparison"))
    assert wanted.pairs[0].describe() in section
    assert (remark in section) == (asked is None)


def test_the_variant_without_arguments_is_what_others_are_compared_with(tmp_path: Path) -> None:
    folder = made_run(tmp_path / "run", ["plain", "wide", "deep"], range(9))
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    arguments = {"plain": {}, "wide": {"units": 64}, "deep": {"layers": 4}}
    path.write_text(
        json.dumps({**manifest, "study": {**manifest["study"], "variants": arguments}}),
        encoding="utf-8",
    )
    result = dure.load(folder)
    for asked, used in ((None, "plain"), ("deep", "deep")):
        section = texts(document(result, baseline=asked).section("comparison"))
        assert all(pair.describe() in section for pair in result.compare(baseline=used).pairs)
        assert "3 comparisons" not in section
