"""The report on a terminal: what it shows at every width, in both languages, of every block."""

from __future__ import annotations

import dataclasses
import re
from io import StringIO
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from dure.blocks import content
from dure.blocks.charts import (
    Along,
    Bar,
    Bars,
    Curves,
    Intervals,
    Line,
    Lines,
    Matrix,
    Metric,
    Points,
    Span,
)
from dure.blocks.content import (
    Beside,
    Block,
    Bullets,
    Card,
    Code,
    Document,
    Folded,
    Heading,
    Pairs,
    Prose,
    Section,
    Table,
    Word,
    Words,
)
from dure.blocks.pictures import Tile, Tiles
from dure.errors import DureError
from dure.messages.message import as_is, say
from dure.messages.phrases import count
from dure.report.text.charts import sparkline
from dure.report.text.render import render

EVIL = "a\x1b[2J\u202eb\nc\rd\x07\u200fe\x85[red]f[/red]"
"""Moves the cursor, turns the line round, breaks it, rings, and has markup of rich."""
NAMES = st.text(max_size=30) | st.sampled_from([EVIL, "[/]", "두레", "", " ", "가" * 40])


def along(level: float, epochs: int = 120, fewer: bool = False) -> Along:
    mean = level + 2 * np.exp(-np.arange(epochs) / 10)
    lanes = np.full(epochs, 8)
    lanes[epochs // 2 :] -= fewer
    return Along(mean, mean - 0.02, mean + 0.02, lanes)


def curves(names: tuple[str, ...] = ("baseline", "드롭아웃"), epochs: int = 120) -> Curves:
    training = tuple(along(0.1 + place, epochs) for place in range(len(names)))
    validation = tuple(along(0.2 + place, epochs, fewer=place == 1) for place in range(len(names)))
    metrics = (
        Metric("loss", "min", training, validation, (), (0.0, 4.0)),
        Metric("accuracy", "max", training, (None,) * len(names), (), (0.0, 4.0)),
    )
    turns = (20.0, *[None] * (len(names) - 1))
    many = (8,) * len(names)
    notes = (as_is("Bands are 95 % intervals."),)
    return Curves(
        as_is("Curves by epoch"), names, metrics, np.arange(1, epochs + 1), many, many, turns, notes
    )


def intervals(name: str = "드롭아웃 0.5") -> Intervals:
    nan = float("nan")
    spans = (
        Span(as_is(name), -0.12, -0.2, -0.05, as_is("better")),
        Span(as_is("batch norm"), 0.02, -0.1, 0.14, as_is("unsure")),
        Span(as_is("one"), 0.1, nan, nan),
        Span(as_is("none"), nan, nan, nan),
    )
    return Intervals(as_is("Differences"), as_is("difference"), spans, zero=True, rope=0.05)


def lines(logarithmic: bool = False, name: str = "LSTM") -> Lines:
    ticks = tuple(map(as_is, ("conv2d", "밀집층", "dense"))) if logarithmic else None
    x = np.arange(3.0) if logarithmic else np.arange(60.0)
    y = 10.0 ** (x - 4) if logarithmic else np.exp(-x / 9)
    band = {} if logarithmic else {"low": y - 0.01, "high": y + 0.01}
    drawn = (Line(as_is(name), x, y, **band), Line(as_is("untrained"), x, y / 2, dashed=True))
    return Lines(
        as_is("memory by distance"),
        as_is("Memory"),
        as_is("steps back"),
        as_is("influence"),
        drawn,
        ticks,
        logarithmic,
    )


def bars(name: str = "밀집층") -> Bars:
    rows = (
        Bar(as_is("conv2d"), 0.5),
        Bar(as_is(name), 0.013),
        Bar(as_is("none"), 0.0),
        Bar(as_is("lost"), float("nan")),
    )
    names = (as_is(text) for text in ("dead units", "Dead units", "share of units"))
    return Bars(*names, rows, "shares")


def words(name: str = "아주") -> Words:
    weights = [0.1, -0.9, 0.2, 0.05, 0.6]
    text = tuple(map(Word, ("a", "terrible", "film", name, "great"), weights))
    return Words(as_is("What decides"), ((as_is("Review 3"), text * 8),), as_is("Red raises it."))


def grid(name: str = "드롭아웃", columns: int = 4) -> Table:
    header = (as_is("변형"), *(as_is(f"metric_{place}") for place in range(columns)))
    cells = tuple(as_is(f"0.{place}12 [0.105, 0.119]") for place in range(columns))
    rows = ((as_is("baseline"), *cells), (as_is(name), *cells))
    return Table(as_is("All of it"), header, rows, strong=(1,))


def matrix(name: str = "고양이") -> Matrix:
    counts, names = np.array([[9.0, 1.5], [0.0, 7.0]]), (as_is("dog"), as_is(name))
    words = (as_is(text) for text in ("Who is what", "is \\ said", "is", "said"))
    return Matrix(*words, names, names, counts, counts / 10, as_is("share"))


def blocks(name: str = "드롭아웃") -> tuple[Block, ...]:
    """Every type of block, with a name in each that shows names."""
    pair = (as_is(name), as_is(name))
    return (
        Heading(as_is(name)),
        *(Prose(as_is(name), tone) for tone in ("verdict", "plain", "note", "warning")),
        Prose(as_is("A sentence of some words, and again. " * 12)),
        *(Bullets((as_is(name), as_is("하나 " * 60)), tone) for tone in ("plain", "warning")),
        Card(as_is(name), as_is("It overfits. " * 20), (pair,)),
        grid(name),
        Pairs((pair, (as_is("source"), as_is("digits " * 40)))),
        Code(f"dure show '{name}'"),
        Code("a = 1\nb = 2", "python"),
        curves(("baseline", name)),
        intervals(name),
        lines(name=name),
        lines(True, name),
        bars(name),
        words(name),
        matrix(name),
        Tiles(as_is(name), (Tile(b"", as_is("kernel")),), as_is("Red is positive.")),
        Points(
            as_is("words in the plane"),
            as_is(name),
            (name,),
            np.zeros(1),
            np.zeros(1),
            as_is("x"),
            as_is("y"),
        ),
        Folded(as_is(name), (Prose(as_is("inside")), Folded(as_is("deep"), (intervals(name),)))),
        Beside(((name, (Prose(as_is("left")), curves())), ("right", (grid(name, 9),)))),
    )


def report(*given: Block, name: str = "demo") -> Document:
    section = Section("one", as_is("비교 Comparison"), given)
    verdict = (as_is("Dropout is better by 0.12 [0.05, 0.20]. " * 3), as_is("It overfits."))
    banner, footer = as_is("Training is not over."), as_is("Made by Dure.")
    subtitle, source = as_is("digits, 40 lanes"), ("runs/demo",)
    return Document(name, subtitle, verdict, (section,), banner, footer, source)


def shown(document: Document, width: int = 80, language: str = "en", **terminal: Any) -> list[str]:
    """The lines of a document on a console; without `terminal` as a pipe gets them."""
    file = StringIO()
    console = Console(file=file, width=width, **{"color_system": None, **terminal})
    console.print(render(document, language), soft_wrap=True)
    return file.getvalue().splitlines()


def only(block: Block, width: int = 80) -> list[str]:
    """The lines of one block."""
    lines = shown(Document("", as_is(""), (), (Section("s", as_is("S"), (block,)),)), width)
    return lines[lines.index("═") + 2 :]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_block_keeps_to_the_width(width: int, language: str) -> None:
    whole = blocks()
    assert {type(block) for block in whole} == set(get_args(Block))
    lines = shown(report(*whole), width, language)
    assert max(map(cell_len, lines)) <= width
    assert not [line for line in lines if line != line.rstrip()]
    assert not any("\x1b" in line for line in lines)


def test_prose_has_at_most_100_columns() -> None:
    long = Prose(as_is("word " * 200))
    for width, most in ((60, 60), (300, 100)):
        lines = only(long, width)
        assert most - 5 < max(map(len, lines)) <= most


def test_title_verdict_banner_sections_and_footer_come_in_order() -> None:
    text = "\n".join(shown(report(Prose(as_is("inside")))))
    order = (
        "demo",
        "digits, 40",
        "! Training is not over.",
        "▌ Dropout",
        "▌ It overfits.",
        "비교 Comparison\n═══════════════\n",
        "inside",
        "Made by Dure.",
    )
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_columns_line_up_with_korean_names() -> None:
    lines = only(grid(), 120)
    rows = [line for line in lines if "0.012" in line]
    ends = {tuple(cell_len(line[: m.end()]) for m in re.finditer("]", line)) for line in rows}
    assert len(rows) == 2 and len(ends) == 1
    assert rows[1].startswith("› 드롭아웃") and rows[0].startswith("  baseline")


def test_what_is_too_wide_goes_on_below_with_its_first_column() -> None:
    lines = only(grid(columns=9), 80)
    text = "\n".join(lines)
    assert all(f"metric_{place}" in text for place in range(9))
    assert sum("드롭아웃" in line for line in lines) == 3
    assert sum("드롭아웃" in line for line in only(grid(columns=9), 300)) == 1


def test_a_column_of_words_is_wrapped_before_numbers_go_below() -> None:
    header = tuple(map(as_is, ("variant", "mean", "said")))
    row = tuple(map(as_is, ("baseline", "0.912 [0.905, 0.919]", "as good as the other one " * 3)))
    lines = only(Table(as_is(""), header, (row,), (False, True, False)), 70)
    assert "0.912 [0.905, 0.919]   as good as" in lines[2] and len(lines) > 4


@given(NAMES)
@settings(max_examples=60, deadline=None)
def test_names_move_no_cursor_and_break_no_line(name: str) -> None:
    for language in ("en", "ko"):
        lines = shown(report(*blocks(name), name=name), 80, language)
        assert all(char.isprintable() for line in lines for char in line)
    fixed = shown(report(*(block for block in blocks(name) if not isinstance(block, Code))))
    assert max(map(cell_len, fixed)) <= 80


def test_a_hostile_name_is_shown_as_it_is_spelt() -> None:
    for block in blocks(EVIL):
        text = "".join("".join(only(block, 300)).split())
        if "[red]" in repr(block) and not isinstance(block, Code):  # its lines are its own
            assert "a·[2J·b·c·d··e·[red]f[/red]" in text, block


def test_markup_of_rich_is_text_also_on_a_terminal() -> None:
    terminal = {"force_terminal": True, "color_system": "truecolor"}
    text = "\n".join(shown(report(Prose(as_is("[bold]x[/bold] [/]"))), **terminal))
    assert "[bold]x[/bold] [/]" in text and "\x1b[1m" in text


def test_korean_is_said_in_korean_with_the_particle_of_the_name() -> None:
    text = "\n".join(shown(report(Prose(count(3, "lane")), curves()), 100, "ko"))
    assert "레인 3개" in text and "검증 손실이 돌아서는 지점: baseline: 20 에포크." in text
    with pytest.raises(DureError, match=r"expected en .English., ko"):
        render(report(), "kor")


# Charts: what they show is there as numbers.


def test_curves_say_means_with_intervals_at_the_first_and_the_last_epoch() -> None:
    text = "\n".join(only(curves(), 120))
    assert text.index("val_loss") < text.index("\nloss") < text.index("accuracy")
    assert "val_accuracy" not in text  # it has no validation
    first, last = (
        text.split("\n\n")[1].split("\n")[2].split("   ")[1:][place] for place in (0, -2)
    )
    assert first.strip() == "2.20 [2.18, 2.22]" and last.strip() == "0.20 [0.18, 0.22]"
    assert "epoch 1 " in text and "epoch 120" in text
    assert "Validation loss turns: baseline at epoch 20." in text
    assert "Bands are 95 % intervals." in text


def test_means_of_fewer_lanes_have_a_mark() -> None:
    text = "\n".join(only(curves(), 120))
    starred = [line for line in text.split("\n") if line.startswith("드롭아웃") and "*" in line]
    assert len(starred) == 1 and "* Fewer lanes" in text
    assert "*" not in "\n".join(only(curves(("baseline",)), 120))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_curves_have_a_sparkline_for_each_variant(width: int) -> None:
    lines = only(curves(), width)
    drawn = [re.search("[▁▂▃▄▅▆▇█]{10,}$", line) for line in lines]
    assert sum(found is not None for found in drawn) == 6


def test_curves_of_few_epochs_or_none() -> None:
    assert "epoch 2" in "\n".join(only(curves(epochs=2)))
    empty = dataclasses.replace(curves(), epochs=np.arange(0), metrics=())
    assert only(empty)[0] == "Curves by epoch"


def test_sparklines_go_from_low_to_high_and_leave_gaps() -> None:
    nan = float("nan")
    assert sparkline(np.array([0.0, 1.0, 2.0]), 0, 2, 3) == "▁▅█"
    assert sparkline(np.array([nan, 9.0, -9.0]), 0, 2, 3) == " █▁"
    assert sparkline(np.array([3.0, 3.0]), 3, 3, 8) == "▅▅"
    assert sparkline(np.arange(100.0), 0, 99, 8) == "▁▂▃▄▅▆▇█"
    assert sparkline(np.zeros(0), 0, 1, 8) == ""


@pytest.mark.parametrize("width", [60, 80, 120])
def test_whiskers_share_one_scale_with_a_line_at_zero(width: int) -> None:
    lines = only(intervals(), width)
    text = "\n".join(lines)
    where = {
        name: next(line for line in lines if line.startswith(name))
        for name in ("드롭아웃", "batch norm", "one", "none")
    }
    zero = {cell_len(line[: re.search("[│┼]", line).start()]) for line in where.values()}  # type: ignore[union-attr]
    assert len(zero) == 1
    better, unsure = where["드롭아웃"], where["batch norm"]
    assert better.index("├") < better.index("●") < better.index("┤") < better.index("│")
    assert unsure.index("├") < unsure.index("┼") < unsure.index("●") < unsure.index("┤")
    assert "├" not in where["one"] and "●" in where["one"]
    assert "●" not in where["none"] and "░" in where["none"]
    told = ("-0.12 [-0.20, -0.05]", "0.02 [-0.10, 0.14]", "better", "unsure", "-0.2", "0.14")
    assert all(part in text for part in told)
    assert "░ at most 0.05" in text and "│ zero" in text


def test_intervals_without_any_value() -> None:
    nan = float("nan")
    spans = (Span(as_is("a"), nan, nan, nan),)
    assert only(Intervals(as_is("Title"), as_is("axis"), spans)) == ["Title"]
    same = (Span(as_is("a"), 1.0, 1.0, 1.0),)
    assert "●" in "\n".join(only(Intervals(as_is("Title"), as_is("axis"), same)))


def test_lines_say_their_values_at_layers_or_at_a_handful_of_places() -> None:
    layered = "\n".join(only(lines(True)))
    assert all(part in layered for part in ("conv2d", "밀집층", "0.0001", "1.0e-04") if "e" in part)
    assert re.search(r"LSTM +1\.0e-04 +0\.001 +0\.01 +▂", layered)
    numeric = "\n".join(only(lines(), 160))
    assert "1.000 [0.990, 1.010]" in numeric and " 59" in numeric
    assert "Across: steps back; in the table: influence." in numeric


def test_bars_are_as_long_as_their_values() -> None:
    rows = {line.split()[0]: line for line in only(bars())}
    room = cell_len(rows["conv2d"]) - len("밀집층") * 2 - len("1.3 %") - 2 * 3
    assert rows["conv2d"].count("█") == room > 40 and rows["conv2d"].endswith("50 %")
    assert "█" in rows["밀집층"] and rows["밀집층"].count("█") <= 2
    assert "█" not in rows["none"] + rows["lost"]


def test_the_strongest_words_are_named_and_stand_out() -> None:
    assert "Strongest: terrible -0.90, great +0.60, film +0.20, a +0.10, 아주 +0.05" in "\n".join(
        only(words())
    )
    terminal = {"force_terminal": True, "color_system": "standard"}
    text = "\n".join(shown(report(words()), **terminal))
    assert "\x1b[4mterrible\x1b[0m" in text and "\x1b[1mgreat\x1b[0m" in text


def test_pictures_name_the_command_that_shows_them() -> None:
    tiles = Tiles(as_is("Kernels"), (Tile(b"", as_is("one")),), as_is("Red is positive."))
    text = "\n".join(shown(report(tiles)))
    assert "Kernels\nRed is positive.\nPictures: in the page, `dure report runs/demo`." in text


def test_commands_stay_in_one_line() -> None:
    command = "dure compare " + "x" * 200
    assert f"    {command}" in shown(report(Code(command)), 60)


def test_folded_blocks_are_shown_below_their_title() -> None:
    folded = Folded(as_is("More"), (Prose(as_is("inside")), Folded(as_is("deep"), (Code("a"),))))
    assert only(folded) == ["▾ More", "  inside", "", "  ▾ deep", "        a"]


def test_studies_side_by_side_stand_below_each_other_with_their_names() -> None:
    beside = Beside((("one", (Prose(as_is("left")),)), ("둘", (Prose(as_is("right")),))))
    assert only(beside) == ["─ one", "  left", "", "─ 둘", "  right"]


def test_line_breaks_of_our_own_words_stay_and_those_of_names_do_not() -> None:
    assert only(Prose(say("{name} is\nbest.", name="a\nb"))) == ["a·b is", "best."]


def test_a_block_nobody_knows_is_an_error() -> None:
    with pytest.raises(TypeError, match="no block str"):
        shown(report("text"))  # type: ignore[arg-type]
    assert content.Block  # the types above are all there are
