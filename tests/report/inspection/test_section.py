"""The section on what is inside the networks: what it shows is what `dure look` measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib import colormaps

import dure
from dure.blocks.charts import Bars, Lines, Matrix, Points
from dure.blocks.content import Code, Folded, Heading, Prose, Table, Words, table_of
from dure.blocks.pictures import Tiles
from dure.measurements.catalog import part_of
from dure.measurements.headlines import headline_of
from dure.measurements.labels import over_lanes
from dure.measurements.stored import read
from dure.messages.message import Message
from dure.messages.translate import translate
from dure.plots.charts.texts import write_bars
from dure.report.html.pixels import diverging, overlaid, photograph, png_of, shrunk
from dure.report.inspection.section import BUDGET, section
from helpers.looked_runs import (
    SENTENCES,
    all_of,
    arrays,
    cells,
    look_at_features,
    look_at_pictures,
    look_at_series,
    look_at_texts,
    of_kind,
    pixels,
    said,
    warnings,
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dure.Result:
    return look_at_pictures(tmp_path_factory.mktemp("inside"))


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return look_at_texts(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return look_at_features(tmp_path_factory.mktemp("features"))


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return look_at_series(tmp_path_factory.mktemp("series"))


# What stands where.


def test_the_most_telling_stands_open_and_the_rest_is_folded(pictures: dure.Result) -> None:
    found = section(pictures.folder / "lens", pictures)
    assert (found.key, found.title) == ("inside", "Inside the networks")
    assert warnings(found) == []
    headlines = [b.text for b in found.blocks if isinstance(b, Heading)]
    assert [line.split(":")[0].split(" ")[0] for line in headlines] == [
        "Predictions",
        "Confusion",
        "Kernels",
        "Feature",
        "Saliency",
        "Grad-CAM",
    ]
    assert all(line.endswith(".") for line in headlines)
    folded = [block.title for block in found.blocks if isinstance(block, Folded)]
    assert [title.split(" ")[0] for title in folded] == [
        "Kernels",
        "Feature",
        "Agreement",
        "Activations:",
        "Gradients",
        "Units",
        "Weights",
    ]
    whole = " ".join(map(str, said(found)))
    assert "3 networks of variant default" in whole and "the first of them, seed 4" in whole
    assert "digits, small, test rows" in whole


def test_headlines_are_those_of_the_files(pictures: dure.Result, texts: Path) -> None:
    for folder in (pictures.folder / "lens", texts):
        for path in folder.glob("*.nc"):
            found = read(path)
            assert type(headline_of(found.measured)) is Message
            assert (
                headline_of(found.measured) == xr.load_dataset(path, engine="scipy").attrs["says"]
            )


def test_both_languages_say_everything(
    pictures: dure.Result, texts: Path, features: Path, series: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.nc").write_text("no arrays", encoding="utf-8")
    whole = [
        section(pictures.folder / "lens", pictures),
        *(section(folder, None) for folder in (texts, features, series)),
        *(section(folder, pictures) for folder in (tmp_path, tmp_path / "none")),
    ]
    sentences = [text for found in whole for text in said(found)]
    assert len(sentences) > 200
    for text in sentences:
        assert translate(text, "en") == text
        assert translate(text, "ko") or not text


def test_no_keras_and_no_jax(pictures: dure.Result) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nimport dure\n"
        "from dure.report.inspection.section import section\n"
        f"run = Path({str(pictures.folder)!r})\n"
        "found = section(run / 'lens', dure.load(run))\n"
        "assert len(found.blocks) > 10\n"
        "assert not {'jax', 'keras'} & set(sys.modules), 'loaded'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# Pictures.


def test_kernels_have_the_colours_of_their_weights(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    measured = arrays(folder, "kernels-conv2d")
    trained, untrained = of_kind(folder, "kernels-conv2d", Tiles)
    assert [t.title.split(",")[0] for t in (trained, untrained)] == ["Trained", "Untrained"]
    values = measured["kernels"].values[0, :, :, 0], measured["untrained"].values[0, :, :, 0]
    limit = max(np.abs(each).max() for each in values)
    for block, kernels in zip((trained, untrained), values, strict=True):
        assert len(block.tiles) == 6 and "Red: positive" in block.legend
        for place, tile in enumerate(block.tiles):
            wanted = colormaps["RdBu_r"]((kernels[..., place] / limit + 1) / 2)[..., :3] * 255
            shown = pixels(png_of(tile.image))
            assert shown.shape == (2, 3, 3)  # height before width
            assert np.abs(shown - wanted).max() < 3
    table = colormaps["RdBu_r"](np.arange(256), bytes=True)[:, :3].astype(int)
    shown = np.stack([pixels(png_of(tile.image)) for tile in trained.tiles], axis=2).astype(int)
    place = np.abs(shown[..., None, :] - table).sum(axis=-1).argmin(axis=-1)
    assert place.flat[values[0].argmax()] == place.max() > 128  # the largest is the reddest
    assert place.flat[values[0].argmin()] == place.min() < 128


def test_white_is_nothing_and_the_ends_are_red_and_blue() -> None:
    shown = pixels(diverging([[-2.0, 0.0], [np.nan, 2.0]], 2.0)).astype(int)
    assert shown[0, 0, 2] > shown[0, 0, 0] + 50 and shown[1, 1, 0] > shown[1, 1, 2] + 50
    assert shown[0, 1].min() > 240 and shown[1, 0].min() > 240


def test_photographs_keep_their_colours_and_big_ones_shrink() -> None:
    picture = np.zeros((4, 6, 3))
    picture[0, :, 0], picture[3, 5, 2] = 9, 9
    shown = pixels(photograph(picture))
    assert shown.shape == (4, 6, 3)
    assert (shown[0, :3] == [255, 0, 0]).all() and (shown[3, 5] == [0, 0, 255]).all()
    large = np.zeros((300, 200, 1))
    large[:150] = 1
    shown = pixels(photograph(large))
    assert shown.shape == (96, 64, 3) and shown[0].min() == 255 and shown[-1].max() == 0
    assert shrunk(np.ones((400, 10))).shape == (96, 2)


def test_a_map_lies_where_it_belongs() -> None:
    picture, values = np.ones((4, 4, 1)), np.zeros((4, 4))
    values[0, 3], values[3, 0] = 1, -1
    shown = pixels(overlaid(picture, values, signed=True)).astype(int)
    redness = shown[..., 0] - shown[..., 2]
    assert np.unravel_index(redness.argmax(), (4, 4)) == (0, 3)
    assert np.unravel_index(redness.argmin(), (4, 4)) == (3, 0)
    coarse = pixels(overlaid(np.zeros((8, 8, 1)), [[0, 1.0]], signed=False)).astype(int)
    assert coarse.shape == (8, 8, 3) and coarse[:, 7].sum() > coarse[:, 0].sum()


def test_feature_maps_stand_beside_their_picture(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    measured = arrays(folder, "feature_maps-conv2d")
    blocks = of_kind(folder, "feature_maps-conv2d", Tiles)
    assert len(blocks) == 3
    for place, block in enumerate(blocks):
        assert f"row {place}, true class" in block.title and len(block.tiles) == 1 + 6
        picture = measured["input"].values[place, ..., 0]
        grey = pixels(png_of(block.tiles[0].image))[..., 0] / 255
        assert grey == pytest.approx(picture / picture.max(), abs=0.01)
        maps = measured["feature_maps"].values[0, place]
        for channel, tile in enumerate(block.tiles[1:]):
            brightness = pixels(png_of(tile.image)).astype(int).sum(axis=-1)
            assert brightness.shape == maps.shape[:2]
            if np.ptp(maps[..., channel]) > 0:
                at = np.unravel_index(maps[..., channel].argmax(), brightness.shape)
                assert brightness[at] == brightness.max()


def test_maps_over_pictures_come_in_pairs(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    (saliency,) = of_kind(folder, "saliency", Tiles)
    (cam,) = of_kind(folder, "grad_cam", Tiles)
    values = arrays(folder, "saliency")["saliency"].values[0, ..., 0]
    assert len(saliency.tiles) == len(cam.tiles) == 12 and saliency.columns == 4
    assert "Red raises" in saliency.legend and "Bright" in cam.legend and saliency.smooth
    shown = pixels(png_of(saliency.tiles[1].image)).astype(int)
    redness = shown[..., 0] - shown[..., 2]
    top = np.abs(values[0]).argmax()
    assert np.sign(redness.flat[top]) == np.sign(values[0].flat[top])


def test_a_dense_layer_on_flat_pictures_is_shown_as_pictures(tmp_path: Path) -> None:
    values = np.arange(3 * 16 * 2, dtype=np.float32).reshape(3, 16, 2)
    lanes = {name: ("lane", column) for name, column in _lanes(3).items()}
    data = xr.Dataset({"kernels": (("lane", "input", "unit"), values)}, lanes)
    data.attrs.update(kind="kernels", layer="d", model="m")
    data.to_netcdf(tmp_path / "kernels-d.nc", engine="scipy")
    layer = {"name": "d", "parameters": 33}
    facts = {"data": {"inputs": [{"shape": [16]}]}, "models": {"a": {"layers": [layer]}}}
    found = read(tmp_path / "kernels-d.nc")
    (tiles,) = part_of(found, {"data": {"kind": "image"}, "facts": facts}).blocks
    assert isinstance(tiles, Tiles) and len(tiles.tiles) == 2
    assert pixels(png_of(tiles.tiles[0].image)).shape == (4, 4, 3)
    (matrix,) = part_of(found, {"data": {"kind": "table"}, "facts": facts}).blocks
    assert isinstance(matrix, Tiles) and pixels(png_of(matrix.tiles[0].image)).shape == (2, 16, 3)


def _lanes(count: int) -> dict[str, list[Any]]:
    return {"variant": ["a"] * count, "seed": list(range(count)), "fold": [1] * count}


# Numbers.


def test_mistakes_are_those_of_most_networks(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    measured = arrays(folder, "predictions")
    (tiles,) = of_kind(folder, "predictions", Tiles)
    mean = measured["probability"].values.mean(axis=0)
    true = measured["true"].values[0]
    wrong = [row for row in range(12) if mean[row].argmax() != true[row]]
    assert len(tiles.tiles) == len(wrong) > 0
    against = (measured["predicted"].values != true).sum(axis=0)
    for row, tile in zip(wrong, tiles.tiles, strict=True):
        share = f"{100 * mean[row].max():.0f} %"
        assert tile.caption == (
            f"is {true[row]}, said {mean[row].argmax()} ({share}), wrong in {against[row]} of 3"
        )
        picture = measured["input"].values[row, ..., 0]
        grey = pixels(png_of(tile.image))[..., 0] / 255
        assert grey == pytest.approx(picture / picture.max(), abs=0.01)


def test_confusion_is_counted_as_in_the_file(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    counts = arrays(folder, "confusion")["confusion"].values.mean(axis=0)
    (matrix,) = of_kind(folder, "confusion", Matrix)
    (frequent,) = of_kind(folder, "confusion", Table)
    for row, line in enumerate(cells(table_of(matrix))):
        shown = [0.0 if cell == "·" else float(cell) for cell in line[1:]]
        assert shown == pytest.approx(counts[row], abs=0.06)
    off = counts * (1 - np.eye(10))
    true, predicted, rows, share = cells(frequent)[0]
    assert off[int(true), int(predicted)] == off.max()
    assert float(rows.split(" ")[0]) == pytest.approx(off.max(), abs=0.6) and "[" in rows
    assert share == f"{100 * off.max() / counts[int(true)].sum():.0f} %"


def test_many_classes_show_their_most_frequent_mistakes_only(tmp_path: Path) -> None:
    counts = np.eye(13, dtype=np.int64) * 5
    counts[3, 7], counts[2, 1] = 4, 1
    names = [f"class {place}" for place in range(13)]
    data = xr.Dataset({"confusion": (("true", "predicted"), counts)})
    data = data.assign_coords(true=names, predicted=names)
    data.attrs.update(kind="confusion", model="m")
    data.to_netcdf(tmp_path / "confusion.nc", engine="scipy")
    (table,) = of_kind(tmp_path, "confusion", Table)
    assert cells(table) == [
        ["class 3", "class 7", "4", "44 %"],
        ["class 2", "class 1", "1", "17 %"],
    ]


def test_layers_are_told_with_their_intervals(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    measured = arrays(folder, "activations")
    (table,) = of_kind(folder, "activations", Table)
    mean, low, _ = over_lanes(measured["mean"])
    for line, name, one, least in zip(
        cells(table), measured["layer"].values, mean, low, strict=True
    ):
        assert line[0].split(" ")[0] == name
        assert float(line[1].split(" ")[0]) == pytest.approx(one, abs=0.05)
        if "[" in line[1]:  # the mean of a softmax is the same in every network
            assert float(line[1].split("[")[1].split(",")[0]) == pytest.approx(least, abs=0.05)
    zeros = over_lanes(measured["zero"])[0]
    assert float(cells(table)[0][3].split(" ")[0]) == pytest.approx(100 * zeros[0], abs=3)
    assert [line[5] for line in cells(table)] == ["-"] * len(mean)  # no layer can saturate


def test_gradients_are_geometric_means(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    norms = arrays(folder, "gradients")["gradient"].values
    (chart,) = of_kind(folder, "gradients", Lines)
    assert chart.logarithmic and chart.ticks == ("conv2d", "dense")
    line = chart.lines[0]
    assert line.y == pytest.approx(np.exp(np.log(norms).mean(axis=0)))
    assert line.low is not None and (line.low < line.y).all() and (line.y < line.high).all()


def test_weights_are_spread_as_in_the_file(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    measured = arrays(folder, "weights-conv2d")
    kernel, bias = of_kind(folder, "weights-conv2d", Lines)
    assert [chart.title for chart in (kernel, bias)] == ["Values of kernel", "Values of bias"]
    trained, untrained = kernel.lines
    assert (trained.dashed, untrained.dashed) == (False, True)
    assert trained.y.sum() == pytest.approx(1) and untrained.y.sum() == pytest.approx(1)
    values = measured["kernel"].sel(source="trained").values
    assert (trained.x * trained.y).sum() == pytest.approx(values.mean(), abs=0.02)
    (table,) = of_kind(folder, "weights-conv2d", Table)
    std = np.mean([lane.std() for lane in values])
    assert cells(table)[0][:3] == ["kernel", "2 x 3 x 1 x 6", "trained"]
    assert float(cells(table)[0][4].split(" ")[0]) == pytest.approx(std, rel=0.2)
    assert cells(table)[3] == ["bias", "6", "untrained", "0", "0"]


def test_networks_agree_on_units_and_rows(pictures: dure.Result) -> None:
    folder = pictures.folder / "lens"
    measured = arrays(folder, "agreement-conv2d")
    (bars,) = of_kind(folder, "agreement-conv2d", Bars)
    counts = {str(bar.name): bar.value for bar in bars.bars}
    for number in (1, 2, 3):
        wanted = int((measured["found_in"].values == number).sum())
        assert counts[f"in {number} of 3"] == wanted
    assert sum(counts.values()) == 6 and "untrained" in bars.axis
    chance = int((measured["found_by_chance"].values == 3).sum())
    assert write_bars(bars)[0] == f"{counts['in 3 of 3']:.0f} ({chance})"
    votes = arrays(folder, "agreement_of_predictions")
    (table,) = of_kind(folder, "agreement_of_predictions", Table)
    first = [f"{name}: {n}" for name, n in enumerate(votes["votes"].values[0]) if n]
    assert sorted(cells(table)[0][2].split(", ")) == sorted(first)
    assert cells(table)[0][:2] == [str(int(votes["row"][0])), str(int(votes["true"][0]))]


def test_features_are_sorted_by_what_counts(features: Path) -> None:
    measured = arrays(features, "saliency")["saliency"]
    size = np.abs(measured.values).mean(axis=0)
    (bars,) = of_kind(features, "saliency", Bars)
    names = measured["feature"].values[np.argsort(-size, kind="stable")]
    assert [str(bar.name) for bar in bars.bars] == list(names[:15])
    assert [bar.value for bar in bars.bars] == pytest.approx(np.sort(size)[::-1][:15])
    (table,) = of_kind(features, "predictions", Table)
    assert [str(cell) for cell in table.header][:3] == ["row", "true class", "said"]


def test_a_series_has_its_steps_and_its_rows_furthest_off(series: Path) -> None:
    measured = arrays(series, "saliency")["saliency"].values
    (chart,) = of_kind(series, "saliency", Lines)
    assert chart.lines[0].y == pytest.approx(np.abs(measured).sum(axis=-1).mean(axis=0))
    found = arrays(series, "predictions")
    (table,) = of_kind(series, "predictions", Table)
    row, output, true, value, off = (float(cell) for cell in cells(table)[1])
    assert (row, output) == (float(found["row"][0]), 1.0)
    assert true == pytest.approx(float(found["true"][0, 1]), rel=0.01)
    assert value == pytest.approx(float(found["value"][0, 1]), rel=0.01)
    assert off == pytest.approx(value - true, abs=0.02)


# Texts.


def test_memory_is_drawn_and_its_horizon_told(texts: Path) -> None:
    measured = arrays(texts, "memory")
    (chart,) = of_kind(texts, "memory", Lines)
    known = np.isfinite(measured["mean"].values) & (measured["mean"].values > 0)
    assert chart.lines[0].y == pytest.approx(measured["mean"].values[known])
    assert list(chart.lines[0].x) == list(measured["distance"].values[known])
    horizon = float(measured["horizon"])
    (prose,) = of_kind(texts, "memory", Prose)
    assert ("within the 5 steps" if np.isinf(horizon) else f"is {horizon:.0f} steps") in prose.text


def test_words_keep_their_order_and_the_strongest_is_one(texts: Path) -> None:
    measured = arrays(texts, "saliency")
    (block,) = of_kind(texts, "saliency", Words)
    for place, (name, words) in enumerate(block.texts):
        assert name.startswith(f"row {place}, true class")
        assert [word.text for word in words] == SENTENCES[place].split()
        values = measured["saliency"].values[place][measured["input"].values[place] != ""]
        assert [word.weight for word in words] == pytest.approx(values / values.max(), abs=1e-6)


def test_words_have_neighbours_and_places(texts: Path) -> None:
    measured = arrays(texts, "neighbours")
    (table,) = of_kind(texts, "neighbours", Table)
    word, nearest = cells(table)[0]
    assert word == measured["word"].values[0]
    first = f"{measured['neighbour'].values[0, 0]} {measured['similarity'].values[0, 0]:.2f}"
    assert nearest.split(", ")[0] == first
    (points,) = of_kind(texts, "embedding_map", Points)
    places = arrays(texts, "embedding_map")
    assert points.names == tuple(places["word"].values)
    assert np.stack([points.x, points.y], axis=1) == pytest.approx(places["embedding_map"].values)
    assert "% of the variance" in points.x_axis
    (mistakes,) = of_kind(texts, "predictions", Table)
    assert mistakes.header[-1] == "text" and cells(mistakes)[0][-1] in SENTENCES


# Files that are missing, damaged, large, or of other networks.


def test_without_arrays_the_command_is_named(pictures: dure.Result, tmp_path: Path) -> None:
    for result, folder in ((pictures, pictures.folder), (None, tmp_path)):
        prose, code = section(tmp_path / "lens", result).blocks
        assert isinstance(prose, Prose) and "Nobody has looked" in prose.text
        assert isinstance(code, Code) and code.text == f"dure look {folder}"


def test_damaged_files_cost_a_sentence_each(pictures: dure.Result, tmp_path: Path) -> None:
    lens = pictures.folder / "lens"
    whole = (lens / "activations.nc").read_bytes()
    (tmp_path / "empty.nc").write_bytes(b"")
    (tmp_path / "half.nc").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.nc").write_text("no arrays", encoding="utf-8")
    (tmp_path / "folder.nc").mkdir()
    xr.Dataset({"a": 1}).to_netcdf(tmp_path / "nothing.nc", engine="scipy")
    strange = xr.Dataset({"a": 1}, attrs={"kind": "dream"})
    strange.to_netcdf(tmp_path / "strange.nc", engine="scipy")
    hollow = arrays(lens, "gradients").drop_vars("gradient")
    hollow.to_netcdf(tmp_path / "hollow.nc", engine="scipy")
    shutil.copy(lens / "confusion.nc", tmp_path)
    found = section(tmp_path, pictures)
    names = ["empty", "folder", "half", "hollow", "nothing", "strange", "text"]
    told_of = warnings(found)
    assert [text.split(" ")[0] for text in told_of] == [f"{name}.nc" for name in names]
    assert all_of(found, Table) and all_of(found, Code)


def test_large_layers_stay_within_the_budget(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kernel = rng.normal(size=(3, 3, 64, 512)).astype(np.float32)
    wide = xr.Dataset({"kernels": (("height", "width", "channel", "filter"), kernel)})
    wide.attrs.update(kind="kernels", layer="wide", model="m")
    wide.to_netcdf(tmp_path / "kernels-wide.nc", engine="scipy")
    for place in range(4):
        maps = rng.normal(size=(3, 120, 120, 20)).astype(np.float32)
        data = xr.Dataset({"feature_maps": (("row", "height", "width", "channel"), maps)})
        data["input"] = (("shown", "input_0", "input_1", "input_2"), maps[..., :3])
        data.attrs.update(kind="feature_maps", layer=f"layer_{place}", model="m")
        data.to_netcdf(tmp_path / f"feature_maps-{place}.nc", engine="scipy")
    found = section(tmp_path, None)
    sizes = [len(png_of(tile.image)) for block in all_of(found, Tiles) for tile in block.tiles]
    assert BUDGET / 2 < sum(sizes) <= BUDGET
    kernels = next(b for b in all_of(found, Tiles) if b.title == "Trained, the first 32 of 512")
    assert len(kernels.tiles) == 32 and "mean of its 64 channels" in kernels.legend
    note = next(b.text for b in all_of(found, Prose) if "pictures were left out" in b.text)
    assert "layer_3" in note and "layer_0" not in note  # the least telling go first
    maps_shown = next(b for b in all_of(found, Tiles) if "Feature maps" in b.title)
    assert (
        pixels(png_of(maps_shown.tiles[1].image)).shape == (96, 96, 3)
        and len(maps_shown.tiles) == 17
    )


def test_arrays_of_other_lanes_are_noted(pictures: dure.Result, tmp_path: Path) -> None:
    lens = pictures.folder / "lens"
    fewer = arrays(lens, "activations").isel(lane=[0, 1])
    fewer.to_netcdf(tmp_path / "activations.nc", engine="scipy")
    shutil.copy(lens / "confusion.nc", tmp_path)
    shutil.copy(lens / "gradients.nc", tmp_path)
    found = section(tmp_path, pictures)
    (text,) = warnings(found)
    assert "of 2 networks of variant default; the run now holds 3 networks" in text
    look = next(block for block in found.blocks if isinstance(block, Code))
    assert look.text.startswith("dure look ") and look.text.endswith(" --variant default")
    notes = [block.text for block in all_of(found, Prose) if block.tone == "note"]
    assert any("Measured on 2 networks" in note for note in notes)
    other = fewer.assign_coords(seed=("lane", [90, 91]))
    other.to_netcdf(tmp_path / "activations.nc", engine="scipy")
    assert "that this run does not hold" in warnings(section(tmp_path, pictures))[0]
    assert warnings(section(tmp_path, None)) == []


def test_arrays_older_than_the_weights_are_noted(pictures: dure.Result, tmp_path: Path) -> None:
    shutil.copy(pictures.folder / "lens" / "confusion.nc", tmp_path)
    path = tmp_path / "confusion.nc"
    assert warnings(section(tmp_path, pictures)) == []
    trained = min(p.stat().st_mtime for p in (pictures.folder / "lanes").iterdir())
    os.utime(path, (trained - 3600, trained - 3600))
    assert "older than the weights" in warnings(section(tmp_path, pictures))[0]
