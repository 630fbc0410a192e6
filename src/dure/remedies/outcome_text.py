"""What a search for cures found, in words: the verdict first."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dure.analysis.comparison.pair import VERDICTS
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count
from dure.remedies.model import Effect, SearchOutcome
from dure.remedies.remedy import describe_name, metric_in_words, metric_on_test_rows
from dure.stats.intervals import interval_texts

ROUNDS = {
    "round-1": say("Round 1: each cure on its own"),
    "round-2": say("Round 2, new seeds: the best cures and their combinations"),
    "check": say("Check, new seeds that chose nothing: the winner"),
}
HEAD = (
    say("cure"),
    say("at the best epoch"),
    say("at the last epoch"),
    say("better in"),
    say("adjusted p"),
    say("verdict"),
    say("time"),
    say("weights"),
)


def describe(found: SearchOutcome) -> str:
    """Everything, in paragraphs."""
    parts = [
        describe_verdict(found),
        describe_findings(found),
        describe_trials(found),
        describe_stopping(found),
        describe_files(found),
    ]
    return "\n\n".join(part for part in parts if part)


def describe_verdict(found: SearchOutcome) -> Message:
    """Whether anything helps, and by how much."""
    return joined(verdict_sentences(found))


def verdict_sentences(found: SearchOutcome) -> list[Message]:
    """The verdict, sentence by sentence; the first says whether anything helps."""
    if not found.effects:
        return _and_stop(_nothing_tried(found), found)
    checked = found.checked
    if found.winner is None or checked is None:
        return _and_stop(_none_better(found), found)
    name, metric = describe_name(found.winner.name), metric_in_words(found.metric)
    if not found.helps:
        none = say(
            "No cure holds. '{name}' came best out of the rounds, but on {seeds} that chose "
            "nothing its {metric} differs from that of the network as it is by {interval}: "
            "{undecided}",
            name=name,
            seeds=_seeds(checked),
            metric=metric,
            interval=checked.interval,
            undecided=_undecided(checked),
        )
        return _and_stop(none, found)
    lines = [say("'{name}' helps.", name=name), _saved(checked)]
    if math.isfinite(checked.difference):
        lines.append(
            say(
                "On {seeds} that chose nothing it changes the {metric} by {interval}, better in "
                "{wins} of the pairs; an epoch takes {times} the time.",
                seeds=_seeds(checked),
                metric=metric,
                interval=checked.interval,
                wins=f"{checked.wins:.0%}",
                times=_times(checked.seconds),
            )
        )
    return _describe([*lines, _on_test_rows(found), _done(found)])


def _describe(lines: Sequence[Message]) -> list[Message]:
    return [line for line in lines if line]


def _saved(checked: Effect) -> Message:
    if checked.baseline_diverged <= checked.diverged:
        return as_is("")
    return say(
        "Of {of} networks {before} are lost as it is, {after} with it.",
        of=f"{checked.of}",
        before=f"{checked.baseline_diverged}",
        after=f"{checked.diverged}",
    )


def _and_stop(lead: Message, found: SearchOutcome) -> list[Message]:
    """What was told, and early stopping where that helps: the one cure that changes no network."""
    stop = found.stopping
    if stop is None or not stop.better:
        return [lead]
    advice = say(
        "Stopping early does help: EarlyStopping(patience={patience}, restore_best_weights=True) "
        "changes the {metric} of what fit leaves behind by {gain}, in {share} of the epochs.",
        patience=f"{stop.patience}",
        metric=metric_in_words(found.metric),
        gain=interval_texts([stop.gain[:3]])[0],
        share=f"{stop.epochs:.0%}",
    )
    return _describe([lead, advice, _on_test_rows(found)])


def _done(found: SearchOutcome) -> Message:
    if not found.done_to:
        return as_is("")
    return say("What was done: {what}.", what=joined(found.done_to, "; "))


def _on_test_rows(found: SearchOutcome) -> Message:
    """What the test data say of what is handed back; empty without any."""
    if not found.test:
        return as_is("")
    held = found.test[0]
    left, best = interval_texts([held.left, held.baseline])
    numbers = {"rows": f"{held.rows:,}", "metric": metric_on_test_rows(held.metric)}
    numbers |= {"left": left, "best": best}
    if held.winner is None or held.difference is None:
        return say(
            "On {rows} test rows, looked at only now: {metric} {best} at its best epoch, not "
            "{left} as fit leaves it: {gained}.",
            gained=interval_texts([held.gained])[0],
            **numbers,
        )
    numbers["winner"] = interval_texts([held.winner])[0]
    numbers["difference"] = interval_texts([held.difference])[0]
    if held.difference[1] <= 0 <= held.difference[2]:
        return say(
            "On {rows} test rows, looked at only now: {metric} {winner}, not {best}: {difference}, "
            "which these test rows and seeds cannot tell from none; as fit leaves the network at "
            "its last epoch it is {left}.",
            **numbers,
        )
    return say(
        "On {rows} test rows, looked at only now: {metric} {winner}, not {best}: {difference}; as "
        "fit leaves the network at its last epoch it is {left}.",
        **numbers,
    )


def _nothing_tried(found: SearchOutcome) -> Message:
    if found.findings and found.candidates.refused:
        refused = joined(describe_refusals(found)[:4], "; ")
        return say("Nothing was tried: no cure suits this network ({refused}).", refused=refused)
    if found.findings:
        return say("Nothing was tried: there is no cure known for what was found.")
    return say(
        "Nothing was tried: nothing is known to ail this network. To try a few general cures "
        "all the same: study.cure(anyway=True), or --anyway."
    )


def _none_better(found: SearchOutcome) -> Message:
    rows = next(iter(found.effects.values()))
    best = rows[0]
    if len(rows) > 1:
        lead = say(
            "None of {number} cures is better than the network as it is, on {seeds}",
            number=f"{len(rows)}",
            seeds=_seeds(best),
        )
    else:
        lead = say(
            "The 1 cure that was tried is not better than the network as it is, on {seeds}",
            seeds=_seeds(best),
        )
    name = describe_name(best.cure)
    if not math.isfinite(best.difference):
        return say(
            "{none}: of {of} networks {before} are lost as it is, and {after} with the best, "
            "'{name}'; too few sound networks to tell more.",
            none=lead,
            of=f"{best.of}",
            before=f"{best.baseline_diverged}",
            after=f"{best.diverged}",
            name=name,
        )
    return say(
        "{none}; the best, '{name}', differs by {interval} in {metric}: {undecided}",
        none=lead,
        name=name,
        interval=best.interval,
        metric=metric_in_words(found.metric),
        undecided=_undecided(best),
    )


def _undecided(row: Effect) -> Message:
    if row.verdict == "worse":
        return say("worse.")
    if row.verdict == "too few" and row.more_seeds is None:
        return say("too few sound networks to tell.")
    if row.verdict == "too few":
        return say("too few seeds for a test, {number} more at least.", number=f"{row.more_seeds}")
    if row.more_seeds is None:
        return say(
            "so small a difference that no sensible number of seeds would tell it from none."
        )
    if row.more_seeds == 1:
        return say("about 1 more seed would settle it.")
    return say("about {number} more seeds would settle it.", number=f"{row.more_seeds}")


def describe_findings(found: SearchOutcome) -> Message:
    """The findings, a line each."""
    if not found.findings:
        return as_is("")
    lines = [joined(("  - ", finding.sentence), "") for finding in found.findings]
    return joined([say("What ails it:"), *lines], "\n")


def describe_trials(found: SearchOutcome) -> str:
    """The table and how to read it, and what was refused."""
    parts: list[str] = [describe_reading(found), table(found)] if found.effects else []
    refused = [f"  - {line}." for line in describe_refusals(found)]
    if refused:
        parts.append("\n".join([NOT_TRIED, *refused]))
    parts.append(describe_left_out(found))
    return "\n\n".join(part for part in parts if part)


NOT_TRIED = say("Not tried, for they do not suit this network:")


def describe_reading(found: SearchOutcome) -> Message:
    """How to read the table."""
    table = say(
        "Change of the {metric}, cure minus network as it is, paired by seed and fold, with 95 % "
        "intervals; ranked at each network's best epoch. The best of many looks better in its own "
        "round than it is; the check is on seeds that chose nothing.",
        metric=metric_in_words(found.metric),
    )
    rule = say(
        "Verdicts are those of dure compare, corrected for all cures of a round, so a round of few "
        "seeds has none; what loses no more networks and has a 90 % interval on the better side of "
        "0 goes on to the next."
    )
    return joined((table, rule))


def describe_refusals(found: SearchOutcome) -> list[Message]:
    """Every cure that does not suit this network, with the reason."""
    return [
        say("{cure}: {reason}", cure=describe_name(refused.cure), reason=refused.reason)
        for refused in found.candidates.refused
    ]


def describe_left_out(found: SearchOutcome) -> Message:
    """What there was no room for; empty where there was for all."""
    left = found.candidates.left_out
    if not left:
        return as_is("")
    names = joined([describe_name(name) for name in left], ", ")
    return say("Beyond the number of trials allowed: {names}.", names=names)


def table(found: SearchOutcome) -> str:
    """Every round as aligned rows."""
    blocks = []
    for label, rows in found.effects.items():
        if not rows:
            continue
        cells = [HEAD, *describe_rows(rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(HEAD))]
        lines = [
            "  "
            + "  ".join(
                cell.ljust(width) if place in (0, 5) else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        blocks.append("\n".join([describe_round(label, rows), *lines]))
    return "\n\n".join(blocks)


def describe_round(label: str, rows: Sequence[Effect]) -> Message:
    """What a round is, and on how many seeds."""
    return say("{round} ({seeds})", round=ROUNDS.get(label, label), seeds=_seeds(rows[0]))


def describe_rows(rows: Sequence[Effect]) -> list[tuple[Message, ...]]:
    """A round's cures as cells below `HEAD`."""
    best = interval_texts([(r.difference, r.low, r.high) for r in rows])
    last = interval_texts([r.end for r in rows])
    return [_cells(*row) for row in zip(rows, best, last, strict=True)]


def _cells(row: Effect, best: str, last: str) -> tuple[Message, ...]:
    verdict = VERDICTS[row.verdict]
    if row.diverged:
        verdict = say(
            "{verdict}, {lost} of {of} lost",
            verdict=verdict,
            lost=f"{row.diverged}",
            of=f"{row.of}",
        )
    parameters = "-" if row.parameters is None else f"{row.parameters:,}"
    p = "-" if row.p_adjusted is None else f"{row.p_adjusted:.3f}"
    return (
        describe_name(row.cure),
        as_is(best),
        as_is(last),
        as_is(f"{row.wins:.0%}"),
        as_is(p),
        verdict,
        _times(row.seconds),
        as_is(parameters),
    )


def describe_stopping(found: SearchOutcome) -> Message:
    """Whether to stop early with the cure, too; without one the verdict says it."""
    stop = found.stopping
    if stop is None or not stop.better or not found.helps:
        return as_is("")
    return say(
        "With the cure, stop early all the same: the epoch restored by EarlyStopping(patience="
        "{patience}, restore_best_weights=True) differs from the last one by {gain} in {metric}, "
        "after {share} of the epochs. Networks here are compared, and handed back, at their best "
        "epoch already.",
        patience=f"{stop.patience}",
        gain=interval_texts([stop.gain[:3]])[0],
        metric=metric_in_words(found.metric),
        share=f"{stop.epochs:.0%}",
    )


def describe_files(found: SearchOutcome) -> Message:
    """Where everything is."""
    return say(
        "All of it is in {folder}: cured.py (build), verdict.json, pictures/, the rounds.",
        folder=str(found.folder),
    )


def _seeds(row: Effect) -> Message:
    return count(row.seeds, "seed")


def _times(value: float) -> Message:
    return say("{factor}x", factor=f"{value:.1f}") if math.isfinite(value) else as_is("-")
