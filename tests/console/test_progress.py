"""What a terminal shows, as text of a fixed width."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType

from dure.console.progress import Progress, Reporter
from dure.console.tables import lanes_table, metric_table, runs_table, summary_table
from dure.core.types import LaneKey, Status
from dure.result import Result
from dure.storage.run_list import RunEntry

NAMES = st.text(max_size=30) | st.sampled_from(["[red]x[/red]", "[/]", "a\x1b[2Jb", "c\nd", "두레"])


def shown(what: RenderableType, width: int = 120) -> list[str]:
    console = Console(file=StringIO(), width=width, force_terminal=False, color_system=None)
    console.print(what)
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Watched:
    """A progress, its clock and what it has printed."""

    progress: Progress
    clock: Clock
    out: StringIO = field(default_factory=StringIO)

    @property
    def text(self) -> str:
        return self.out.getvalue()


def watched(
    lanes: int = 4, epochs: int = 40, variants: tuple[str, ...] = ("a", "b"), live: bool = False
) -> Watched:
    clock, out = Clock(), StringIO()
    console = Console(file=out, width=100, force_terminal=live, color_system=None)
    return Watched(Progress(lanes, epochs, variants, "val_loss", console, clock), clock, out)


def test_summary_shows_intervals_and_what_they_rest_on(make: Callable[..., Result]) -> None:
    result = make(["none", "dropout"], ends={1: Status("diverged", 3, "loss became NaN")})
    text = "\n".join(shown(summary_table(result)))
    assert "demo · digits (scikit-learn)" in text
    assert "4 of 5" in text and "5 of 5" in text
    assert text.count("[0.") >= 8  # two variants, four metrics
    assert "95 % interval over 5 seeds" in text


def test_one_metric_is_a_row_per_variant(make: Callable[..., Result]) -> None:
    result = make(["none", "dropout"], ends={1: Status("diverged", 3, "loss became NaN")})
    lines = shown(metric_table(result, "val_accuracy"))
    assert "demo · val_accuracy" in lines[0]
    rows = [line for line in lines if line.strip().startswith(("none", "dropout"))]
    assert [re.search(r"\d of 5", row)[0] for row in rows] == ["4 of 5", "5 of 5"]  # type: ignore[index]
    assert all(re.search(r"0\.\d+ +\[0\.\d+, [01]\.\d+\]", row) for row in rows)


@pytest.mark.parametrize("width", [200, 100, 80, 60])
def test_summary_never_breaks_an_interval(make: Callable[..., Result], width: int) -> None:
    lines = shown(summary_table(make(["none", "dropout"])), width)
    assert len(re.findall(r"\d \[[\d.]+, [\d.]+\]", "\n".join(lines))) == 8
    assert all(cell_len(line) <= width for line in lines)


def test_lanes_are_a_row_each_up_to_a_hundred(make: Callable[..., Result]) -> None:
    result = make(["a"], seeds=3, epochs=4, ends={1: Status("diverged", 2, "loss became NaN")})
    lines = shown(lanes_table(result))
    assert sum("finished" in line for line in lines) == 2
    assert any("diverged at epoch 2: loss became NaN" in line for line in lines)
    waiting = shown(lanes_table(make(["a"], seeds=1, ends={0: Status("waiting")})))
    assert any(line.split() == ["0", "a", "0", "1", "waiting", "0", "-", "0.0"] for line in waiting)
    many = shown(lanes_table(make(["a"], seeds=103, epochs=1)))
    assert sum("finished" in line for line in many) == 100
    assert "and 3 more" in many[-1]


def test_runs_are_a_row_each() -> None:
    folder = Path("runs/demo-1")
    lines = shown(
        runs_table(
            [
                RunEntry(folder, "demo", "2026-01-02T03:04:05+00:00", 3, 25, None),
                RunEntry(Path("runs/bad"), "bad", "", 0, 0, "manifest.json is damaged"),
            ]
        )
    )
    assert any("3 of 25" in line and "2026-01-02 03:04" in line for line in lines)
    assert any("manifest.json is damaged" in line for line in lines)
    assert shown(runs_table([])) == ["There are no runs here yet."]


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=12), st.integers(20, 160))
def test_any_name_is_printed_as_it_is(names: list[str], width: int) -> None:
    runs = [RunEntry(Path("x"), name, "", 0, 1, None) for name in names]
    lines = shown(runs_table(runs), width)
    assert all(cell_len(line) <= width for line in lines)
    assert not any("\x1b" in line for line in lines)


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=12, unique=True), st.booleans())
def test_progress_takes_any_name(names: list[str], live: bool) -> None:
    seen = watched(len(names), len(names), tuple(names), live)
    with seen.progress as progress:
        for name in names:
            seen.clock.now += 6
            progress.advance(LaneKey(name, 0, 1), 1, {"val_loss": 0.5})
            progress.lane_done(LaneKey(name, 0, 1), Status("failed", 1, "[bold]" + name), None)
    assert f"{len(names)} of {len(names)} lane" in seen.text


def test_markup_in_names_is_literal(make: Callable[..., Result]) -> None:
    result = make(["[red]hot[/red]", "[/]"], seeds=2, epochs=3)
    for table in (summary_table(result), lanes_table(result)):
        text = "\n".join(shown(table))
        assert "[red]hot[/red]" in text and "[/]" in text


def test_plain_lines_come_at_most_every_five_seconds() -> None:
    seen = watched()
    with seen.progress as progress:
        for _ in range(10):
            seen.clock.now += 1
            progress.advance(LaneKey("a", 0, 1), 1, {"val_loss": 1 / seen.clock.now})
        progress.lane_done(LaneKey("a", 0, 1), Status("finished"), 0.1)
    lines = seen.text.splitlines()
    assert lines[0] == "training 4 lanes, up to 40 epochs in all; compiling first"
    assert lines[1] == (
        "0 of 4 lanes done, 5 epochs, 1.0 epochs/s, 35 s left; best val_loss: a 0.2"
    )
    assert len(lines) == 4  # start, after 5 s, after 10 s, end
    assert lines[-1] == "1 of 4 lanes done in 10 s: 1 finished"


def test_epochs_that_stopped_lanes_save_are_not_waited_for() -> None:
    seen = watched()
    seen.clock.now = 2
    seen.progress.advance(LaneKey("a", 0, 1), 4, {})
    assert (seen.progress.epochs_left, seen.progress.speed) == (36, 2.0)
    seen.progress.lane_done(LaneKey("a", 0, 1), Status("stopped", 4), None)
    assert seen.progress.epochs_left == 30
    seen.progress.lane_done(LaneKey("b", 0, 1), Status("finished"), None)  # done before a resume
    assert seen.progress.epochs_left == 20
    seen.progress.lane_done(LaneKey("b", 0, 1), Status("finished"), None)  # told twice
    assert seen.progress.epochs_left == 20


def test_time_left_is_not_guessed_from_the_first_epochs() -> None:
    seen = watched(lanes=4, epochs=400)
    for number in range(25):
        seen.clock.now += 5
        seen.progress.advance(LaneKey("a", 0, 1), 1, {})
        if number == 3:
            assert "epochs/s" in seen.text and "left" not in seen.text
    assert "25 epochs, 0.2 epochs/s, 31 min 15 s left" in seen.text


def test_compilation_is_told_and_not_taken_for_slow_training() -> None:
    seen = watched(lanes=4, epochs=40)
    with seen.progress as progress:
        progress.compiling(1)
        progress.compiling(1)
        seen.clock.now += 6
        progress.compiling(-1)
        assert seen.text.splitlines()[-1] == (
            "0 of 4 lanes done, 0 epochs, compiling 1 program (1 ready)"
        )
        seen.clock.now += 20
        progress.advance(LaneKey("a", 0, 1), 10, {})
        assert seen.text.splitlines()[-1].endswith("10 epochs, compiling 1 program (1 ready)")
        progress.compiling(-1)
        seen.clock.now += 5
        progress.advance(LaneKey("a", 0, 1), 10, {})
    assert "20 epochs, 2.0 epochs/s, 10 s left" in seen.text


def test_speed_forgets_what_was_long_ago() -> None:
    seen = watched(epochs=10_000)
    for _ in range(100):
        seen.clock.now += 1
        seen.progress.advance(LaneKey("a", 0, 1), 1 if seen.clock.now < 30 else 5, {})
    assert seen.progress.speed == pytest.approx(5)


def test_best_follows_the_direction_of_the_metric() -> None:
    out = StringIO()
    console = Console(file=out, width=100, force_terminal=False, color_system=None)
    clock = Clock()
    progress = Progress(2, 20, ["a"], "val_accuracy", console, clock)
    for value in (0.8, 0.9, float("nan"), 0.7):
        clock.now += 3
        progress.advance(LaneKey("a", 0, 1), 1, {"val_accuracy": value})
    assert out.getvalue().splitlines()[-1].endswith("best val_accuracy: a 0.9")


def test_live_display_has_bar_best_and_the_rest_counted() -> None:
    seen = watched(12, 120, tuple("abcdefghij"), live=True)
    with seen.progress as progress:
        progress.lane_done(LaneKey("a", 0, 1), Status("finished"), 0.25)
        progress.note("something [to] know")
    assert "best val_loss so far" in seen.text
    assert "0.25" in seen.text
    assert "and 2 more variants" in seen.text
    assert "something [to] know" in seen.text
    assert "1 of 12 lanes done in 0 s: 1 finished" in seen.text


def test_the_live_bar_has_a_line_of_its_own() -> None:
    seen = watched(live=True)
    with seen.progress as progress:
        progress.advance(LaneKey("a", 0, 1), 20, {"val_loss": 0.5})
    bars = [line for line in seen.text.splitlines() if "━" in line]
    assert bars and not any("done" in line for line in bars)


def test_troubled_lanes_are_told_five_times_then_counted() -> None:
    seen = watched(9, 90)
    with seen.progress as progress:
        for number in range(7):
            progress.lane_done(LaneKey("a", number, 1), Status("diverged", 2, "loss is NaN"), 1.0)
    assert seen.text.count("diverged at epoch 2: loss is NaN") == 5
    assert "... 7 lanes diverged or failed in all" in seen.text


def test_an_error_inside_leaves_the_terminal_in_order() -> None:
    seen = watched(live=True)
    with pytest.raises(KeyError), seen.progress:
        raise KeyError
    assert "0 of 4 lanes done" in seen.text


def test_a_long_note_stays_one_line_where_there_is_no_terminal() -> None:
    seen = watched()
    seen.progress.note("word " * 60)
    assert len(seen.text.splitlines()) == 1


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Reporter() as quiet:
        quiet.advance(LaneKey("a", 0, 1), 1, {})
        quiet.compiling(1)
        quiet.lane_done(LaneKey("a", 0, 1), Status("finished"), None)
        quiet.note("x")
    assert capsys.readouterr() == ("", "")
