"""The page in a real browser: it is quiet, can be operated and read by all, and prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

import dure
from dure.analysis.comparison.pair import difference_texts, p_text
from dure.blocks.charts import Curves, Metric
from dure.blocks.content import Document
from dure.report.document import document
from dure.report.html import fragment, page
from dure.results.summary import summary_cells
from dure.stats.intervals import interval_texts
from helpers import pages
from helpers.big_runs import made_run

PHONE, DESKTOP = (360, 740), (1280, 900)
Opens = Callable[..., Page]


@pytest.fixture(scope="module")
def whole() -> Document:
    return pages.document()


def chart_of(document: Document) -> Curves:
    block = document.section("curves").blocks[0]
    assert isinstance(block, Curves)
    return block


def chart(tab: Page) -> Locator:
    return tab.locator("#curves .curves")


def shown(rows: Locator) -> list[tuple[str, str]]:
    """Names and values of the legend's rows, from top to bottom, where there is a value."""
    found = []
    for row in rows.all():
        value = row.locator(".read").inner_text()
        if value:
            found.append((row.locator(".legend-name").inner_text(), " ".join(value.split())))
    return found


def expected(
    block: Curves, metric: Metric, epoch: int, variants: list[int], training: bool = False
) -> list[tuple[str, str]]:
    """What the legend says at an epoch, the best on top."""

    def texts(series: Any) -> list[str]:
        return interval_texts(
            [
                (float(s.mean[epoch - 1]), float(s.low[epoch - 1]), float(s.high[epoch - 1]))
                for s in (series[v] for v in variants)
            ]
        )

    judged = texts(metric.validation)
    trained = [f" training {text}" for text in texts(metric.training)]
    means = {v: metric.validation[v] for v in variants}
    sign = 1 if metric.mode == "min" else -1
    order = sorted(variants, key=lambda v: sign * means[v].mean[epoch - 1])  # type: ignore[union-attr]
    at = variants.index
    return [
        (block.variants[v], judged[at(v)] + (trained[at(v)] if training else "")) for v in order
    ]


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_accessible(
    opens: Opens, whole: Document, language: str, scheme: str, size: tuple[int, int]
) -> None:
    tab = opens(page(whole, language), size, scheme)
    assert tab.locator("html").get_attribute("lang") == language
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(tab)
    assert not found.response["violations"], found.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fragments_accessible_together(opens: Opens, whole: Document, scheme: str) -> None:
    both = f"<main><h1>Notebook</h1>{fragment(whole)}{fragment(whole, 'ko')}</main>"
    head = "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Notebook</title>"
    tab = opens(f"{head}<body style='width:900px'>{both}", scheme=scheme)
    found = Axe().run(tab)
    assert not found.response["violations"], found.generate_report()
    assert tab.locator(".dure script").count() == 0
    ids = tab.locator("[id]").evaluate_all("(all) => all.map((one) => one.id)")
    assert len(ids) > 8 and len(set(ids)) == len(ids)
    groups = tab.locator("input[type=radio]").evaluate_all("(all) => all.map((one) => one.name)")
    assert len(set(groups)) == 2 * 3  # three charts in each


@pytest.mark.parametrize("hostile", [False, True])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_sideways_scroll_on_a_phone(opens: Opens, language: str, hostile: bool) -> None:
    names = pages.HOSTILE if hostile else ("baseline", "dropout 0.5")
    tab = opens(page(pages.document(names, title=max(names, key=len)), language), PHONE)
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE[0]
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_metric_switches(opens: Opens, whole: Document) -> None:
    tab = opens(page(whole))
    panels = chart(tab).locator("figure.m")
    assert [one.is_visible() for one in panels.all()] == [True, False]
    chart(tab).get_by_role("radio", name="accuracy").check()
    assert [one.is_visible() for one in panels.all()] == [False, True]
    assert "accuracy" in panels.nth(1).locator(".y-name").inner_text()


def test_variants_training_and_lanes_switch_in_a_fragment_too(
    opens: Opens, whole: Document
) -> None:
    for html in (page(whole), fragment(whole)):
        tab = opens(html)
        first = tab.locator(".curves").first
        line, train, single = (
            first.locator(f".m0 .{kind}.v1") for kind in ("line", "train", "single")
        )
        assert line.is_visible() and train.is_visible() and not single.is_visible()
        first.get_by_text("single lanes", exact=True).click()
        assert single.is_visible()
        first.get_by_text("training curves", exact=True).click()
        assert not train.is_visible() and line.is_visible()
        first.locator(".b1").uncheck()
        assert not line.is_visible() and not single.is_visible()
        assert first.locator(".m0 .line.v0").is_visible()


def test_numbers_at_the_pointer_are_those_of_the_document(opens: Opens, whole: Document) -> None:
    block = chart_of(whole)
    tab = opens(page(whole))
    rows = chart(tab).locator(".legend tbody tr")
    last = len(block.epochs)
    everyone = list(range(len(block.variants)))
    assert shown(rows) == expected(block, block.metrics[0], last, everyone, training=True)
    chart(tab).get_by_text("training curves", exact=True).click()
    area = chart(tab).locator(".m0 .area")
    box = area.bounding_box()
    assert box is not None
    for share in (0.0, 0.31, 0.77):
        tab.mouse.move(box["x"] + share * box["width"], box["y"] + 40)
        told = chart(tab).locator(".at-epoch").inner_text()
        epoch = int(told.removeprefix("epoch "))
        assert abs(epoch - (1 + share * (last - 1))) <= 1
        assert shown(rows) == expected(block, block.metrics[0], epoch, everyone)
        assert chart(tab).locator(".cursor").count() == 1
    chart(tab).locator(".b0").uncheck()
    chart(tab).get_by_role("radio", name="accuracy").check()
    assert shown(rows) == expected(block, block.metrics[1], epoch, [1, 2])
    assert {row.locator(".lanes").inner_text() for row in rows.all()} == {"8"}


def test_epoch_by_keyboard(opens: Opens, whole: Document) -> None:
    block = chart_of(whole)
    tab = opens(page(whole))
    slider = chart(tab).get_by_role("slider", name="epoch")
    slider.press("Home")
    slider.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "epoch 2"
    rows = chart(tab).locator(".legend tbody tr")
    assert shown(rows) == expected(block, block.metrics[0], 2, [0, 1, 2], training=True)


def test_epoch_by_touch(browser: Browser, tmp_path: Path, whole: Document) -> None:
    file = tmp_path / "page.html"
    file.write_text(page(whole), encoding="utf-8")
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    tab = context.new_page()
    tab.goto(file.as_uri())
    area = chart(tab).locator(".m0 .area")
    area.scroll_into_view_if_needed()
    area.tap()
    assert chart(tab).locator(".at-epoch").inner_text() in ("epoch 20", "epoch 21")
    context.close()


def test_axis_fits_what_is_shown(opens: Opens) -> None:
    names = ("low", "middle", "high")
    document = pages.document(names)
    tab = opens(page(document))

    def axis() -> list[float]:
        ticks = chart(tab).locator(".m0 .y-ticks b").all_inner_texts()
        return [float(tick.replace("−", "-")) for tick in ticks]

    static = chart_of(document).metrics[0].view
    before = axis()
    assert static[0] - 0.1 <= min(before) and max(before) <= static[1] + 0.1
    chart(tab).get_by_text("training curves", exact=True).click()
    chart(tab).locator(".none").click()
    assert shown(chart(tab).locator(".legend tbody tr")) == []
    chart(tab).locator(".b0").check()
    judged = chart_of(document).metrics[0].validation[0]
    assert judged is not None
    after = axis()
    low, high = float(np.min(judged.low)), min(float(np.max(judged.high)), static[1])
    room = 0.05 * (high - low)
    assert low - room <= min(after) and max(after) <= high + room
    assert max(after) - min(after) > 0.6 * (high - low)
    chart(tab).get_by_text("whole range", exact=True).click()
    assert max(axis()) >= max(after)
    chart(tab).get_by_text("whole range", exact=True).click()
    chart(tab).locator(".all").click()
    chart(tab).get_by_text("training curves", exact=True).click()
    assert axis() == before


def test_the_line_lies_where_its_axis_says(opens: Opens, whole: Document) -> None:
    """Before and after the axis is fitted anew: the bead, placed by value, is on the line."""
    tab = opens(page(whole))
    slider = chart(tab).get_by_role("slider", name="epoch")
    for hidden in ((), (0, 2)):
        for place in hidden:
            chart(tab).locator(f".b{place}").uncheck()
        slider.press("Home")
        slider.press("End")
        bead = chart(tab).locator(".m0 .bead.v1").bounding_box()
        end = tab.evaluate(
            """() => {
                const line = document.querySelector("#curves .m0 path.line.v1");
                const { x, y } = line.getPointAtLength(line.getTotalLength());
                const seen = new DOMPoint(x, y).matrixTransform(line.getScreenCTM());
                return [seen.x, seen.y];
            }"""
        )
        assert bead is not None
        middle = (bead["x"] + bead["width"] / 2, bead["y"] + bead["height"] / 2)
        assert middle == pytest.approx(end, abs=1)


def test_pointing_at_a_name_lets_the_others_fade(opens: Opens, whole: Document) -> None:
    tab = opens(page(whole))
    chart(tab).locator(".legend .l1").hover()

    def strength(place: int) -> float:
        line = chart(tab).locator(f".m0 .line.v{place}")
        return float(line.evaluate("(one) => getComputedStyle(one).opacity"))

    assert [strength(place) for place in range(3)] == [0.1, 1.0, 0.1]


def test_without_script_all_charts_can_be_read(browser: Browser, tmp_path: Path) -> None:
    document = pages.document(metrics=("loss", "accuracy", "auc"))
    file = tmp_path / "page.html"
    file.write_text(page(document), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(file.as_uri())
    first = chart(tab)
    assert first.locator(".m0 .line").count() == 3
    first.get_by_role("radio", name="auc").check()
    assert first.locator("figure.m2").is_visible()
    first.locator("details.m2 summary").click()
    assert first.locator("details.m2 table").is_visible()
    assert not first.locator(".live-only:visible").count()
    context.close()


def test_prints_every_metric(opens: Opens) -> None:
    document = pages.document(metrics=("loss", "accuracy", "auc"))
    tab = opens(page(document))
    pdf = tab.pdf(prefer_css_page_size=True, tagged=True)
    told = [match.decode() for match in re.findall(rb"/Alt \(([^)]*)\)", pdf)]
    for metric in ("loss", "accuracy", "auc"):
        assert any(f": {metric} by epoch" in one for one in told), metric
    tab.emulate_media(media="print")
    assert chart(tab).locator("figure.m:visible").count() == 3
    assert not tab.locator("button:visible, input:visible, nav:visible, .numbers:visible").count()


def test_folds_are_open_on_paper(opens: Opens, whole: Document) -> None:
    tab = opens(page(whole))
    inside = tab.locator(".folded .code")
    box = inside.bounding_box()
    assert box is None or box["height"] == 0 or not inside.is_visible()
    tab.emulate_media(media="print")
    assert inside.is_visible()


def test_hostile_names_come_out_as_text(opens: Opens) -> None:
    document = pages.document(pages.HOSTILE, title=pages.HOSTILE[2])
    tab = opens(page(document))
    assert tab.title() == pages.HOSTILE[2]
    assert tab.locator("h1").inner_text() == pages.HOSTILE[2]
    legend = chart(tab).locator(".legend-name").all_text_contents()
    assert sorted(legend) == sorted(pages.HOSTILE)
    data = chart(tab).locator("script.data").evaluate("(one) => JSON.parse(one.textContent)")
    assert data["variants"] == list(pages.HOSTILE)
    table = (
        chart(tab)
        .locator("details.m0 tbody th")
        .evaluate_all("(all) => all.map((one) => one.querySelector('bdi').textContent)")
    )
    assert set(table) == set(pages.HOSTILE)
    forest = tab.locator("#comparison .intervals th").evaluate_all(
        "(all) => all.map((one) => one.textContent)"
    )
    assert forest == list(pages.HOSTILE)
    points = tab.locator("#inside .points .point").first
    assert points.get_attribute("title") == pages.HOSTILE[-1]
    assert tab.locator("img[src='x']").count() == 0


def test_copies_code(opens: Opens, whole: Document) -> None:
    tab = opens(page(whole))
    code = tab.locator("#comparison .code").first
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code.get_by_role("button", name="Copy").click()
    code.get_by_role("button", name="Copied").wait_for()
    assert tab.evaluate("navigator.clipboard.readText()") == "dure report runs/demo --lang ko"


def test_large_study(opens: Opens) -> None:
    names = tuple(f"units={8 * (place + 1)}" for place in range(30))
    document = pages.document(names, ("loss", "accuracy", "auc", "f1"), epochs=200, single=6)
    html = page(document)
    assert len(html.encode()) < 4_000_000
    tab = opens(html)
    rows = chart(tab).locator(".legend tbody tr")
    block = chart_of(document)
    assert shown(rows) == expected(block, block.metrics[0], 200, list(range(30)))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_numbers_are_those_of_the_result(opens: Opens, tmp_path: Path, language: str) -> None:
    result = dure.load(made_run(tmp_path / "run", ["plain", "wide", "deep"], range(9)))
    tab = opens(page(document(result), language))
    text = " ".join(tab.locator("main").inner_text().split())
    _, rows = summary_cells(result)
    pairs = [*result.compare().pairs]
    turns = [row.turning_epoch[:3] for row in result.overfitting().rows]
    wanted = [cell for row in rows for cell in row[1:-2]]
    wanted += [*difference_texts(pairs), *(p_text(pair.p_adjusted) for pair in pairs)]
    wanted += interval_texts([turn for turn in turns if np.isfinite(turn[0])])
    assert len(wanted) > 15
    assert not [number for number in wanted if number.strip() not in text]
