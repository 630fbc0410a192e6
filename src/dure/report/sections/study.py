"""The section that says what was studied: data, networks, plan, and how to run it again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from dure.analysis.comparison.sequential import Sequential
from dure.blocks.cells import Amount, Cell
from dure.blocks.content import Block, Code, Folded, Pairs, Prose, Section, Table
from dure.core.formatting import format_bytes, format_command, format_duration, format_percent
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count, describe_number, join_list
from dure.messages.status_text import tally
from dure.report.sections.networks import describe_models, write_argument
from dure.results.run_result import RunResult

Facts = Mapping[str, Any]
Item = tuple[Message, Cell]

_ROUTES = {"compiled": say("compiled"), "stepped": say("stepped"), "fitted": say("fitted")}
_NOTES = {
    "stepped": say("Stepped: one compiled step a batch, called from the host."),
    "fitted": say("Fitted: Keras' own fit with its own steps, in a process of its own."),
}

_MOST_CLASSES = 20  # named, of those there are


def section(result: RunResult) -> Section:
    """All that a run folder knows of where its numbers come from; older ones know less."""
    manifest = result.manifest
    facts = manifest.get("facts") or {}
    losses = {str(model.get("loss")) for model in (facts.get("models") or {}).values()}
    data = _data(manifest.get("data") or {}, facts.get("data") or {}, losses)
    blocks: list[Block] = [
        Pairs((*_run(result), *data)),
        *describe_models(result),
        *_arguments(manifest.get("study") or {}),
        *_plan(facts.get("plan") or {}),
        *describe_rerun(result),
    ]
    return Section("study", say("The study"), tuple(blocks))


# -- the run ---------------------------------------------------------------------------------------


def _run(result: RunResult) -> Iterator[Item]:
    manifest = result.manifest
    yield say("lanes"), tally(result.statuses)
    yield say("seeds"), as_is(ranges([int(seed) for seed in result.curves["seed"].values]))
    if (folds := result.curves.sizes["fold"]) > 1:
        yield say("folds"), folds
    yield (
        say("time spent training"),
        say(
            "{time}, added up over lanes",
            time=format_duration(float(result.lanes["seconds"].sum())),
        ),
    )
    if created := manifest.get("created"):
        yield say("started"), as_is(str(created))
    versions = manifest.get("versions") or {}
    if versions:
        told = ", ".join(f"{name} {version}" for name, version in versions.items())
        yield say("versions"), as_is(told)
    yield say("run folder"), as_is(str(result.folder))


def ranges(numbers: Sequence[int]) -> str:
    """'0-7, 12' for 0, 1, ..., 7 and 12."""
    parts: list[list[int]] = []
    for before, number in pairwise([None, *numbers]):
        if before is not None and number == before + 1:
            parts[-1][1:] = [number]
        else:
            assert number is not None
            parts.append([number])
    return ", ".join("–".join(map(str, part)) for part in parts)


# -- data ------------------------------------------------------------------------------------------


def _data(data: Facts, facts: Facts, losses: Collection[str]) -> Iterator[Item]:
    if source := data.get("source"):
        told = as_is(str(source))
        marked = data.get("excerpt") and "excerpt" not in str(source)
        yield say("data"), say("{source} (an excerpt)", source=told) if marked else told
    if facts.get("rows"):
        rows = facts["rows"]
        yield (
            say("rows"),
            say(
                "{train} to train on, {validation} for validation, {test} for the test",
                **{name: f"{rows.get(name) or 0:,}" for name in ("train", "validation", "test")},
            ),
        )
    elif data.get("rows"):
        yield say("rows"), int(data["rows"])
    for each in facts.get("inputs") or ():
        yield say("inputs"), _input(each)
    if targets := facts.get("targets"):
        yield from _targets(targets, data)
    if chance := facts.get("chance"):
        yield from _chance(chance, losses)


def _input(each: Facts) -> Message:
    shape = " × ".join(map(str, each.get("shape") or ())) or "1"
    name, kind = str(each.get("name", "x")), str(each.get("dtype", ""))
    if each.get("min") is None or each.get("mean") is None:
        return say("{name}: {shape} a row, {dtype}", name=name, shape=shape, dtype=kind)
    return say(
        "{name}: {shape} a row, {dtype}, from {low} to {high}, mean {mean}, deviation {std}",
        name=name,
        shape=shape,
        dtype=kind,
        low=describe_number(each["min"]),
        high=describe_number(each["max"]),
        mean=describe_number(each["mean"]),
        std=describe_number(each["std"]),
    )


def _targets(targets: Facts, data: Facts) -> Iterator[Item]:
    counts = targets.get("counts")
    if counts:
        names = [str(name) for name in data.get("class_names") or targets.get("labels") or ()]
        told = say(
            "{classes}, {least} to {most} training rows each",
            classes=count(len(counts), "class"),
            least=f"{min(counts):,}",
            most=f"{max(counts):,}",
        )
        if min(counts) == max(counts):
            told = say(
                "{classes}, {number} training rows each",
                classes=count(len(counts), "class"),
                number=f"{min(counts):,}",
            )
        yield say("targets"), told
        if names:
            shown = ", ".join(names[:_MOST_CLASSES])
            yield say("classes"), as_is(shown + (", ..." if len(names) > _MOST_CLASSES else ""))
    elif targets.get("kind") == "numbers" and targets.get("mean") is not None:
        told = say(
            "{numbers} a row, from {low} to {high}, mean {mean}, deviation {std}",
            numbers=count(int(targets.get("columns") or 1), "number"),
            low=describe_number(targets["min"]),
            high=describe_number(targets["max"]),
            mean=describe_number(targets["mean"]),
            std=describe_number(targets["std"]),
        )
        yield say("targets"), told
    elif targets.get("kind") == "several":
        yield say("targets"), say("several arrays")


def _chance(chance: Facts, used: Collection[str]) -> Iterator[Item]:
    """What one gets who never looks at the inputs, on the validation rows where there are any.

    Of losses those that a network was compiled with, where any of them is known.
    """
    held = chance.get("validation") or {}
    known = held if held.get("loss") or held.get("accuracy") is not None else chance
    parts = []
    if known.get("accuracy") is not None:
        parts.append(say("accuracy {share}", share=format_percent(known["accuracy"])))
    losses = known.get("loss") or {}
    losses = {name: losses[name] for name in losses if name in used} or losses
    parts += [as_is(f"{name} {describe_number(value)}") for name, value in losses.items()]
    if parts:
        yield say("always the same answer"), joined(parts, ", ")


# -- arguments, plan, again ------------------------------------------------------------------------

_SHOWN = (
    "epochs",
    "batch_size",
    "validation_split",
    "folds",
    "train_share",
    "callbacks",
    "shuffle",
    "class_weight",
    "validation_freq",
    "validation_batch_size",
)

_NOTHING = {"validation_split": 0.0, "folds": 1, "train_share": 1.0, "validation_freq": 1}


def _arguments(study: Facts) -> Iterator[Block]:
    """The arguments of fit, under the names they have in Python."""
    items = tuple(
        (as_is(name), as_is(write_argument(study[name])))
        for name in _SHOWN
        if name in study and study[name] not in (None, [], {}) and study[name] != _NOTHING.get(name)
    )
    if items:
        yield Folded(say("Arguments of training"), (Pairs(items),))


def _plan(plan: Facts) -> Iterator[Block]:
    """What was planned when the run was first started."""
    if not plan:
        return
    programs = plan.get("programs") or ()
    items: list[Item] = [
        (
            say("work"),
            say(
                "{lanes} of up to {epochs} in {programs}",
                lanes=count(plan["lanes"], "lane"),
                epochs=count(plan["epochs"], "epoch"),
                programs=count(len(programs), "program"),
            ),
        ),
        (say("at once"), as_is(f"{plan['workers']} × {plan['device']}")),
        (
            say("predicted memory"),
            say(
                "{memory} of {free} free, {data} of it for the data",
                memory=format_bytes(plan["memory_bytes"]),
                free=format_bytes(plan["available_bytes"]),
                data=format_bytes(plan["data_bytes"]),
            ),
        ),
    ]
    heads = (
        say("program"),
        say("variants"),
        say("lanes"),
        say("parameters"),
        say("steps an epoch"),
        say("lanes in a call"),
        say("memory"),
        say("route"),
    )
    rows: list[tuple[Cell, ...]] = [
        (
            as_is(str(place)),
            join_list([as_is(str(name)) for name in program["variants"]]),
            *(int(program[k]) for k in ("lanes", "parameters", "steps_per_epoch", "width")),
            Amount(program["memory_bytes"]),
            _ROUTES.get(str(program.get("route")), _ROUTES["compiled"]),
        )
        for place, program in enumerate(programs, 1)
    ]
    numeric = (False, False, True, True, True, True, True, False)
    table = Table(say("Programs"), heads, tuple(rows), numeric)
    told = {str(program.get("route")): program for program in programs}
    notes = [Prose(note) for route, note in _NOTES.items() if route in told]
    title = say("The plan, as it was at the first start")
    yield Folded(title, (Pairs(tuple(items)), table, *notes))


def describe_rerun(result: RunResult) -> Iterator[Block]:
    """How the study is run again, and the command it was started with."""
    told = command(result)
    if told is not None:
        yield Prose(say("Run it again:"))
        yield Code(told)
    else:
        yield Prose(say("It was started from Python. To go on with it, or to add seeds:"))
        yield Code(f"study.run(out={str(result.folder)!r}, resume=True)", "python")
    if started := result.manifest.get("command"):
        yield Folded(
            say("The command it was started with"), (Code(format_command(map(str, started))),)
        )


def command(result: RunResult) -> str | None:
    """The command that trains the same study; None where only Python knows its build function."""
    source = result.manifest.get("source") or {}
    if "gallery" in source:
        return format_command(
            ["dure", "gallery", str(source["gallery"]), *["--quick"] * bool(source.get("quick"))]
        )
    if source.get("module") == "dure.gallery.demo":
        words = ["dure", "demo"]
    elif "file" in source:
        name = f":{source['name']}" if source.get("name") else ""
        words = ["dure", "run", f"{source['file']}{name}"]
    else:
        return None
    seeds = [int(seed) for seed in result.curves["seed"].values]
    sequential = Sequential.of_manifest(result.manifest)
    if seeds == list(range(len(seeds))) and sequential is None:
        words += ["--seeds", str(len(seeds))]
    elif isinstance(source.get("seeds"), int):
        words += ["--seeds", str(source["seeds"])]
    if source.get("epochs") is not None:
        words += ["--epochs", str(source["epochs"])]
    for key, value in (source.get("set") or {}).items():
        words += ["--set", f"{key}={value if isinstance(value, str) else repr(value)}"]
    return format_command([*words, *_terms(sequential)])


def _terms(sequential: Sequential | None) -> list[str]:
    """Options of a run until decided."""
    if sequential is None:
        return []
    rule = sequential.rule
    words = ["--until", "decided", "--max-seeds", str(rule.plan.looks[-1])]
    if rule.rope is not None:
        words += ["--rope", f"{rule.rope:g}"]
    return words if rule.baseline is None else [*words, "--baseline", rule.baseline]
