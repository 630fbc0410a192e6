"""What a search for cures found, in words: the verdict first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dure._intervals import interval_texts
from dure.cure.cured import Cured
from dure.cure.ranking import Effect
from dure.cure.score import NAME

ROUNDS = {
    "round-1": "Round 1: each cure on its own",
    "round-2": "Round 2, new seeds: the best cures and their combinations",
    "check": "Check, new seeds that chose nothing: the winner",
}


def told(cured: Cured) -> str:
    """Everything, in paragraphs."""
    parts = [verdict(cured), ails(cured), tried(cured), stopping(cured), files(cured)]
    return "\n\n".join(part for part in parts if part)


def metric_in_words(metric: str) -> str:
    """'validation loss without penalties' for the metric that searches measure by."""
    if metric == f"val_{NAME}":
        return "validation loss (penalties not counted)"
    return {"val_loss": "validation loss", "val_accuracy": "validation accuracy"}.get(
        metric, metric
    )


def verdict(cured: Cured) -> str:
    """Whether anything helps, and by how much."""
    if not cured.effects:
        return _and_stop(_nothing_tried(cured), cured)
    checked = cured.checked
    if cured.winner is None or checked is None:
        return _and_stop(_none_better(cured), cured)
    name, metric = cured.winner.name, metric_in_words(cured.metric)
    if not cured.helps:
        told = (
            f"No cure holds. {name!r} came best out of the rounds, but on {_seeds(checked)} that "
            f"chose nothing its {metric} differs from that of the network as it is by "
            f"{checked.interval}: {_undecided(checked)}"
        )
        return _and_stop(told, cured)
    lines = [f"{name!r} helps."]
    if checked.baseline_diverged > checked.diverged:
        lines.append(
            f"Of {checked.of} networks {checked.baseline_diverged} are lost as it is, "
            f"{checked.diverged} with it."
        )
    if math.isfinite(checked.difference):
        lines.append(
            f"On {_seeds(checked)} that chose nothing it changes the {metric} by "
            f"{checked.interval}, better in {checked.wins:.0%} of the pairs; an epoch takes "
            f"{_times(checked.seconds)} the time."
        )
    lines.append(_on_test_rows(cured))
    return " ".join(line for line in [*lines, *_done(cured)] if line)


def _and_stop(told: str, cured: Cured) -> str:
    """What was told, and early stopping where that helps: the one cure that changes no network."""
    found = cured.stopping
    if found is None or not found.better:
        return told
    gain = interval_texts([(found.gain.mean, found.gain.low, found.gain.high)])[0]
    stop = (
        f"Stopping early does help: EarlyStopping(patience={found.patience}, "
        f"restore_best_weights=True) changes the {metric_in_words(cured.metric)} of what fit "
        f"leaves behind by {gain}, in {found.epochs:.0%} of the epochs."
    )
    return " ".join(part for part in (told, stop, _on_test_rows(cured)) if part)


def _done(cured: Cured) -> list[str]:
    return [f"What was done: {'; '.join(cured.done_to)}."] if cured.done_to else []


def _test_name(metric: str) -> str:
    return metric_in_words(f"val_{metric}").replace("validation", "test", 1)


def _on_test_rows(cured: Cured) -> str:
    """What the test data say of what is handed back; '' without any."""
    if not cured.test:
        return ""
    held = cured.test[0]
    lead = f"On {held.rows:,} test rows, looked at only now: {_test_name(held.metric)} "
    left, best = interval_texts([held.left, held.baseline])
    if held.winner is None or held.difference is None:
        gained = interval_texts([held.gained])[0]
        return f"{lead}{best} at its best epoch, not {left} as fit leaves it: {gained}."
    unsure = held.difference[1] <= 0 <= held.difference[2]
    return (
        f"{lead}{interval_texts([held.winner])[0]}, not {best}: "
        f"{interval_texts([held.difference])[0]}"
        + (", which these test rows and seeds cannot tell from none" if unsure else "")
        + f"; as fit leaves the network at its last epoch it is {left}."
    )


def _nothing_tried(cured: Cured) -> str:
    if cured.findings and cured.candidates.refused:
        refused = "; ".join(f"{r.cure}: {r.reason}" for r in cured.candidates.refused[:4])
        return f"Nothing was tried: no cure suits this network ({refused})."
    if cured.findings:
        return "Nothing was tried: there is no cure known for what was found."
    return (
        "Nothing was tried: nothing is known to ail this network. To try a few general cures "
        "all the same: study.cure(anyway=True), or --anyway."
    )


def _none_better(cured: Cured) -> str:
    rows = next(iter(cured.effects.values()))
    best = rows[0]
    who = f"None of {len(rows)} cures is" if len(rows) > 1 else "The 1 cure that was tried is not"
    lead = f"{who} better than the network as it is"
    if not math.isfinite(best.difference):
        return (
            f"{lead}, on {_seeds(best)}: of {best.of} networks {best.baseline_diverged} are lost "
            f"as it is, and {best.diverged} with the best, {best.cure!r}; too few sound networks "
            "to tell more."
        )
    return (
        f"{lead}, on {_seeds(best)}; the best, {best.cure!r}, differs by {best.interval} in "
        f"{metric_in_words(cured.metric)}: {_undecided(best)}"
    )


def _undecided(row: Effect) -> str:
    if row.verdict == "worse":
        return "worse."
    if row.verdict == "too few":
        return "too few sound networks to tell."
    if row.more_seeds is None:
        return "so small a difference that no sensible number of seeds would tell it from none."
    return f"about {row.more_seeds} more {_plural(row.more_seeds, 'seed')} would settle it."


def ails(cured: Cured) -> str:
    """The findings, a line each."""
    if not cured.findings:
        return ""
    return "\n".join(["What ails it:", *(f"  - {f.sentence}" for f in cured.findings)])


def tried(cured: Cured) -> str:
    """The table and how to read it, and what was refused."""
    parts = []
    if cured.effects:
        parts.append(
            f"Change of the {metric_in_words(cured.metric)}, cure minus network as it is, paired "
            "by seed and fold, with 95 % intervals; ranked at each network's best epoch. The best "
            "of many looks better in its own round than it is; the check is on seeds that chose "
            "nothing."
        )
        parts.append(table(cured))
    refused = [f"  - {r.cure}: {r.reason}." for r in cured.candidates.refused]
    if refused:
        parts.append("\n".join(["Not tried, for they do not suit this network:", *refused]))
    left = cured.candidates.left_out
    if left:
        parts.append(f"Beyond the number of trials allowed: {', '.join(left)}.")
    return "\n\n".join(parts)


HEAD = (
    *("cure", "at the best epoch", "at the last epoch", "better in", "adjusted p", "verdict"),
    *("time", "weights"),
)


def table(cured: Cured) -> str:
    """Every round as aligned rows."""
    blocks = []
    for label, rows in cured.effects.items():
        if not rows:
            continue
        best = interval_texts([(r.difference, r.low, r.high) for r in rows])
        last = interval_texts([r.end for r in rows])
        cells = [HEAD, *(_cells(*row) for row in zip(rows, best, last, strict=True))]
        widths = [max(len(row[i]) for row in cells) for i in range(len(HEAD))]
        lines = [
            "  "
            + "  ".join(
                cell.ljust(width) if place in (0, 5) else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        blocks.append("\n".join([f"{ROUNDS.get(label, label)} ({_seeds(rows[0])})", *lines]))
    return "\n\n".join(blocks)


def _cells(row: Effect, best: str, last: str) -> Sequence[str]:
    lost = f", {row.diverged} of {row.of} lost" if row.diverged else ""
    parameters = "-" if row.parameters is None else f"{row.parameters:,}"
    p = "-" if row.p_adjusted is None else f"{row.p_adjusted:.3f}"
    return (
        row.cure, best, last, f"{row.wins:.0%}", p, row.verdict + lost, _times(row.seconds),
        parameters,
    )  # fmt: skip


def stopping(cured: Cured) -> str:
    """Whether to stop early with the cure, too; without one the verdict says it."""
    found = cured.stopping
    if found is None or not found.better or not cured.helps:
        return ""
    text = interval_texts([(found.gain.mean, found.gain.low, found.gain.high)])[0]
    return (
        f"With the cure, stop early all the same: the epoch restored by EarlyStopping(patience="
        f"{found.patience}, restore_best_weights=True) differs from the last one by {text} in "
        f"{metric_in_words(cured.metric)}, after {found.epochs:.0%} of the epochs. Networks here "
        "are compared, and handed back, at their best epoch already."
    )


def files(cured: Cured) -> str:
    """Where everything is."""
    return f"All of it is in {cured.folder}: cured.py (build), verdict.json, pictures/, the rounds."


def _seeds(row: Effect) -> str:
    return f"{row.seeds} {_plural(row.seeds, 'seed')}"


def _plural(count: int, noun: str) -> str:
    return noun if count == 1 else f"{noun}s"


def _times(value: float) -> str:
    return f"{value:.1f}x" if math.isfinite(value) else "-"
