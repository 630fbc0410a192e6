"""The verdict: what a person would quote, in a few sentences, each with the numbers it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from dure.analysis.comparison.pair import Pair
from dure.analysis.comparison.sequential import Sequential
from dure.analysis.comparison.table import Comparison, headlines
from dure.analysis.overfitting.model import Overfitting, OverfittingRow, sentences
from dure.core.formatting import format_command
from dure.messages.message import Command, Message, as_is, joined, say
from dure.messages.phrases import count, join_list
from dure.report.facts import Ill, StudyFacts, any_trained
from dure.results.run_result import RunResult
from dure.results.series import lanes_per_variant
from dure.stats.intervals import interval_texts

_MOST_NAMES = 5  # variants named in a sentence


def verdict(facts: StudyFacts, cured: Message | None = None) -> tuple[Message, ...]:
    """Who is best and how sure that is, overfitting, the worst finding, the cure, what to do next.

    Parameters
    ----------
    cured
        What a search for cures found, where there was one.
    """
    return tuple(_sentences(facts, cured))


def _sentences(facts: StudyFacts, cured: Message | None) -> Iterator[Message]:
    result, first = facts.result, leader_of(facts)
    if any_trained(result):
        yield from _describe_best(facts)
        if first is not None:
            yield from describe_value(result, first, _metric(facts))
        yield from _of_training(_metric(facts))
        yield from _one_lane(result)
        row = _pick_course(facts, first)
        if row is not None:
            yield _overfitting(facts, row)
    else:
        row = None
        yield _nothing(result)
    finding = _pick_worst(facts, row)
    yield from _describe_findings(facts, finding)
    if cured is not None:
        yield cured
    yield from _advise(facts, finding if cured is None else None)


def _nothing(result: RunResult) -> Message:
    if result.statuses and all(status.done for status in result.statuses):
        return say("Every lane diverged or failed, so nothing can be said of how good they are.")
    return say("No lane has come to its end yet, so nothing can be said of how good they are.")


# -- who is best -----------------------------------------------------------------------------------


def leader_of(facts: StudyFacts) -> str | None:
    """The variant that is ahead, which is not yet the better one; None where none trained."""
    result, found = facts.result, facts.comparison
    sequential = Sequential.of_manifest(result.manifest)
    if sequential is not None and sequential.looks:
        return sequential.looks[-1].leader
    if isinstance(found, Comparison) and any(math.isfinite(p.superiority) for p in found.pairs):
        return found.leader
    if not any_trained(result):
        return None
    rows = result.summary(result.monitor.name).dropna(subset="mean")
    if rows.empty:
        return None
    order = rows["mean"] if result.monitor.mode == "min" else -rows["mean"]
    return str(rows.loc[order.idxmin(), "variant"])


def _metric(facts: StudyFacts) -> str:
    found = facts.comparison
    return found.metric if isinstance(found, Comparison) else facts.result.monitor.name


def _describe_best(facts: StudyFacts) -> Iterator[Message]:
    """What was decided, or what the comparison says."""
    sequential = Sequential.of_manifest(facts.result.manifest)
    if sequential is not None:
        yield sequential.ending()
    elif isinstance(facts.comparison, Comparison) and lanes_per_variant(facts.result) > 1:
        yield from summarise_comparison(facts.comparison)
        if facts.remark is not None:
            yield facts.remark


def summarise_comparison(found: Comparison) -> Iterator[Message]:
    """A comparison in short: the pair in full where there is only one."""
    pairs = found.pairs
    if len(pairs) == 1:
        yield headlines(found)[0]
    elif all(pair.verdict == "too few" for pair in pairs):
        yield _too_few(found)
    elif found.baseline is not None:
        yield from _describe_baseline(found.baseline, pairs)
    else:
        yield from _describe_leader(found)


def _too_few(found: Comparison) -> Message:
    needed = [pair.pairs + pair.more_seeds for pair in found.pairs if pair.more_seeds]
    if not needed:
        return say(
            "Too few networks to tell which variant is better; so far {leader} is ahead.",
            leader=found.leader,
        )
    return say(
        "Too few seeds to tell which variant is better: for {pairs} at least {number} are needed. "
        "So far {leader} is ahead.",
        pairs=count(len(found.pairs), "comparison"),
        number=str(max(needed)),
        leader=found.leader,
    )


def _describe_baseline(baseline: str, pairs: Sequence[Pair]) -> Iterator[Message]:
    def named(*verdicts: str) -> Message:
        return join_list([pair.first for pair in pairs if pair.verdict in verdicts], _MOST_NAMES)

    if better := named("better"):
        yield say("Better than {baseline}: {names}.", baseline=baseline, names=better)
    if worse := named("worse"):
        yield say("Worse than {baseline}: {names}.", baseline=baseline, names=worse)
    if equal := named("equivalent"):
        yield say("Practically the same as {baseline}: {names}.", baseline=baseline, names=equal)
    if unsettled := named("undecided", "too few"):
        yield say("Not settled against {baseline}: {names}.", baseline=baseline, names=unsettled)


def _describe_leader(found: Comparison) -> Iterator[Message]:
    """The leader against the others."""
    against = pairs_of_leader(found)
    first = found.leader

    def named(*verdicts: str) -> Message:
        return join_list([pair.second for pair in against if pair.verdict in verdicts], _MOST_NAMES)

    better, rest = named("better"), named("undecided", "too few", "worse")
    if better and not rest and not named("equivalent"):
        yield say("{leader} is better than all others: {names}.", leader=first, names=better)
    elif better:
        yield say("{leader} is better than {names}.", leader=first, names=better)
    if rest:
        yield say(
            "{leader} is ahead of {names}, but not shown to be better.", leader=first, names=rest
        )
    if equal := named("equivalent"):
        yield say("{leader} is practically the same as {names}.", leader=first, names=equal)


def pairs_of_leader(found: Comparison) -> list[Pair]:
    """The leader's pairs, the leader first; with a baseline, all pairs as they are."""
    if found.baseline is not None:
        return list(found.pairs)
    first = found.leader
    mine = [pair for pair in found.pairs if first in (pair.first, pair.second)]
    return [pair if pair.first == first else pair.turned() for pair in mine]


def describe_value(result: RunResult, variant: str, metric: str) -> Iterator[Message]:
    """A variant's mean with its interval, and over how many networks."""
    rows = result.summary(metric)
    row = rows[rows["variant"] == variant].iloc[0]
    if not math.isfinite(row["mean"]):
        return
    values = {
        "variant": variant,
        "metric": metric,
        "value": interval_texts([(row["mean"], row["low"], row["high"])])[0],
        "basis": _basis(result, int(row["lanes"])),
    }
    if metric.startswith("test_"):
        yield say("{variant}: {metric} {value} ({basis}).", **values)
    elif lanes_per_variant(result) == 1:
        yield say("{variant}: {metric} {value} ({basis}, at its best epoch).", **values)
    else:
        yield say("{variant}: {metric} {value} ({basis}, each at its own best epoch).", **values)


def _basis(result: RunResult, lanes: int) -> Message:
    """How many networks a mean rests on."""
    seeds, folds = result.curves.sizes["seed"], result.curves.sizes["fold"]
    if seeds * folds == 1:
        return say("one network")
    if lanes < seeds * folds:
        of = count(seeds * folds, "lane")
        return say("mean of {number} out of {lanes}", number=f"{lanes:,}", lanes=of)
    if folds == 1:
        return say("mean over {number}", number=count(seeds, "seed"))
    if seeds == 1:
        return say("mean over {number} of one seed", number=count(folds, "fold"))
    return say(
        "mean over {seeds} and {folds}", seeds=count(seeds, "seed"), folds=count(folds, "fold")
    )


def _of_training(metric: str) -> Iterator[Message]:
    if not metric.startswith(("val_", "test_")):
        yield say(
            "{metric} is of the training rows: how good the networks are on new rows it cannot "
            "tell.",
            metric=metric,
        )


def _one_lane(result: RunResult) -> Iterator[Message]:
    if lanes_per_variant(result) > 1:
        return
    if len(result.variants) > 1:
        yield say(
            "One network a variant is no evidence that one variant is better than another: with "
            "another seed it may be the other way round."
        )
    else:
        yield say("One network is no evidence yet: another seed may come out otherwise.")


# -- what is wrong ---------------------------------------------------------------------------------


def _pick_course(facts: StudyFacts, first: str | None) -> OverfittingRow | None:
    """The leader's course, or where that cannot be told the one that says most."""
    found = facts.overfitting
    if not isinstance(found, Overfitting) or not found.rows:
        return None
    own = next((row for row in found.rows if row.variant == first), found.rows[0])
    if own.kind != "cannot tell":
        return own
    turned = [row for row in found.rows if row.kind == "overfits"]
    return max(turned, key=lambda row: row.given_away.mean / abs(row.lowest.mean), default=own)


def _overfitting(facts: StudyFacts, row: OverfittingRow) -> Message:
    found = facts.overfitting
    assert isinstance(found, Overfitting)
    told = next(iter(sentences(row, found.tolerance, found.metric)))
    return joined((as_is(f"{row.variant}:"), told))


def _pick_worst(facts: StudyFacts, course: OverfittingRow | None) -> Ill | None:
    """The worst finding, but not the overfitting that is already said of this course."""
    known = course is not None and course.kind == "overfits"
    left = (one for one in facts.findings or () if not (known and one.kind == "overfitting"))
    return next(left, None)


def _describe_findings(facts: StudyFacts, finding: Ill | None) -> Iterator[Message]:
    if facts.findings is None:
        return
    if finding is None and facts.findings:
        yield say("Apart from overfitting nothing was found to ail the networks.")
    elif finding is None:
        yield say("Nothing was found to ail the networks.")
    elif len(facts.findings) == 1:
        yield say("What ails it: {sentence}", sentence=finding.sentence)
    else:
        yield say(
            "The worst of {findings}: {sentence}",
            findings=count(len(facts.findings), "finding"),
            sentence=finding.sentence,
        )


# -- what to do next -------------------------------------------------------------------------------


def _advise(facts: StudyFacts, finding: Ill | None) -> Iterator[Message]:
    """Only what follows from the numbers; nothing while lanes are still to be trained."""
    result = facts.result
    if not all(status.done for status in result.statuses):
        return
    if Sequential.of_manifest(result.manifest) is None and any_trained(result):
        yield from _advise_seeds(facts)
    source: Mapping[str, object] = result.manifest.get("source") or {}
    if finding is not None and "file" in source:
        name = f":{source['name']}" if source.get("name") else ""
        told = format_command(["dure", "cure", f"{source['file']}{name}"])
        yield say("To look for a cure: {command}", command=Command(told))


def _advise_seeds(facts: StudyFacts) -> Iterator[Message]:
    """How many seeds would settle what is open."""
    result, found = facts.result, facts.comparison
    if not isinstance(found, Comparison):
        if lanes_per_variant(result) == 1:
            yield say(
                "Train more seeds to know what is chance: {command}", command=_resume(result, 5)
            )
        return
    unsettled = [p for p in pairs_of_leader(found) if p.more_seeds and p.unit == "seed"]
    few = [pair for pair in unsettled if pair.verdict == "too few"]
    if few:
        needed = max(pair.pairs + (pair.more_seeds or 0) for pair in few)
        yield say(
            "With {number} seeds the variants can be told apart, if they differ clearly: {command}",
            number=str(needed),
            command=_resume(result, needed),
        )
    elif unsettled:
        pair = min(unsettled, key=lambda pair: pair.more_seeds or 0)
        needed = pair.pairs + (pair.more_seeds or 0)
        yield say(
            "To settle {first} against {second}, about {number} seeds in all: {command}",
            first=pair.first,
            second=pair.second,
            number=f"{needed:,}",
            command=_resume(result, needed),
        )


def _resume(result: RunResult, seeds: int) -> Command:
    """What adds seeds to a run: a command, or Python where only that knows the build function."""
    if result.manifest.get("source"):
        return Command(
            format_command(["dure", "resume", str(result.folder), "--seeds", str(seeds)])
        )
    return Command(f"dure.Study(..., seeds={seeds}).run(out={str(result.folder)!r}, resume=True)")
