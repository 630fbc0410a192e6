"""What a search for cures found, from its folder alone: no Keras and no JAX is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dure.blocks.cells import Cell, Estimate
from dure.blocks.content import (
    Block,
    Bullets,
    Code,
    Folded,
    Pairs,
    Prose,
    Section,
    Table,
)
from dure.errors import RunFolderError
from dure.messages.message import Message, joined, say
from dure.messages.translate import read_message
from dure.plots.charts.remedies import build_round, read_number
from dure.results.run_result import RunResult

REQUEST, VERDICT, SOURCE = "cure.json", "verdict.json", "cured.py"

_VERDICT = 5  # column of a round's table
_NUMERIC = (False, True, True, True, True, False, True, True)


def verdict(folder: Path) -> Message:
    """Whether a cure helps, and by how much, in a few sentences.

    Raises
    ------
    RunFolderError
        `folder` holds no search for cures that came to its end, or one of an older Dure.
    """
    return joined(verdict_sentences(read_account(folder)))


def verdict_sentences(account: Mapping[str, Any]) -> tuple[Message, ...]:
    """The verdict; its first sentence says whether anything helps."""
    return tuple(read_message(sentence) for sentence in account["said"]["verdict"])


def section(folder: Path) -> Section:
    """All that a search for cures found: verdict, findings, every round, what was not tried.

    Parameters
    ----------
    folder
        As `Study.cure` leaves it.

    Raises
    ------
    RunFolderError
        As :func:`verdict`.
    """
    account = read_account(folder)
    said = account["said"]
    blocks: list[Block] = [Prose(joined(verdict_sentences(account)), "verdict")]
    if said["findings"]:
        blocks.append(Prose(say("What ails it:")))
        blocks.append(Bullets(tuple(read_message(finding) for finding in said["findings"])))
    if said["rounds"]:
        blocks.append(Prose(read_message(said["reading"]), "note"))
    for label in said["rounds"]:
        blocks += _round(account, label)
    if account["test"]:
        blocks.append(_test(account))
    if stopping := read_message(said["early_stopping"]):
        blocks.append(Prose(stopping))
    return Section("cures", say("Cures"), (*blocks, *_reasons(said), *_use(folder, account)))


def find_search(result: RunResult) -> Path | None:
    """The newest search for cures of a run's study: of the same `build`, arguments and data.

    It is looked for beside the run folder, round it and inside it; None where there is none that
    came to its end.
    """
    run = result.folder.resolve()
    places = {run.parent, *(path.parent for path in run.parent.glob(f"*/{REQUEST}"))}
    places |= {path.parent for path in run.glob(f"*/{REQUEST}")}
    fit = [place for place in places if _is_of(place, result.manifest)]
    return max(fit, key=lambda place: (place / VERDICT).stat().st_mtime, default=None)


def read_account(folder: Path) -> dict[str, Any]:
    try:
        account: dict[str, Any] = json.loads((folder / VERDICT).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RunFolderError(
            f"{folder} holds no search for cures that came to its end: it has no {VERDICT}. Go on "
            f"with the search by `dure cure FILE.py --out {folder} --resume`."
        ) from None
    except ValueError as error:
        raise RunFolderError(f"{folder / VERDICT} is damaged ({error}).") from error
    if "rounds" not in account or "said" not in account:
        raise RunFolderError(
            f"{folder / VERDICT} was not written by a search for cures of this Dure. Write it anew "
            f"by `dure cure FILE.py --out {folder} --resume`; nothing is trained again."
        )
    return account


def _is_of(folder: Path, manifest: Mapping[str, Any]) -> bool:
    """Whether a finished search in `folder` was of the study of this manifest."""
    try:
        request = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
        account = read_account(folder)
        cured = request["variants"][account["variant"]]
        data, study = request["data"], manifest["study"]
        return bool(
            request["build"]["sha256"] is not None
            and request["build"] == study["build"]
            and cured in study["variants"].values()
            and data["fingerprint"] == manifest["data"]["fingerprint"]
        )
    except (RunFolderError, OSError, ValueError, KeyError, TypeError):
        return False  # nothing there that can be read: no search


# -- blocks --------------------------------------------------------------------------------------


def _round(account: Mapping[str, Any], label: str) -> Iterator[Block]:
    told = account["said"]["rounds"][label]
    title = read_message(told["title"])
    cells = [tuple(read_message(cell) for cell in row) for row in told["rows"]]
    rows = account["rounds"][label]
    sound = [
        (row, cell[0], cell[_VERDICT])
        for row, cell in zip(rows, cells, strict=True)
        if row["difference"] is not None  # no pair is sound: it stands in the table only
    ]
    header = tuple(read_message(name) for name in account["said"]["header"])
    winner = (account["winner"] or {}).get("name")
    strong = tuple(place for place, row in enumerate(rows) if row["cure"] == winner)
    table = Table(title, header, tuple(cells), _NUMERIC, strong)
    if sound:
        yield build_round(title, _axis(account), sound)
        yield Folded(say("This round in numbers"), (table,))
    else:
        yield table


def _axis(account: Mapping[str, Any]) -> Message:
    metric = read_message(account["said"]["metric"])
    if account["mode"] == "min":
        return say("difference in {metric} (left is better)", metric=metric)
    return say("difference in {metric} (right is better)", metric=metric)


def _test(account: Mapping[str, Any]) -> Table:
    """The test rows: every metric, of the network as it is and of what is handed back."""
    held = account["test"]
    cured = held[0]["winner"] is not None
    header = [say("measured"), say("as fit leaves it"), say("at its best epoch")]
    columns = ["left", "baseline"]
    if cured:
        header += [say("with the cure"), say("cure against best epoch")]
        columns += ["winner", "difference"]
    header.append(say("handed back against fit"))
    rows: list[tuple[Cell, ...]] = []
    for found, metric in zip(held, account["said"]["test"], strict=True):
        estimates = (Estimate(*map(read_number, found[name])) for name in (*columns, "gained"))
        rows.append((read_message(metric), *estimates))
    caption = say(
        "On {rows} test rows, looked at only when the choice was made", rows=f"{held[0]['rows']:,}"
    )
    return Table(caption, tuple(header), tuple(rows), alike=False)


def _reasons(said: Mapping[str, Any]) -> Iterator[Block]:
    """Why these cures were tried, and others not."""
    whys = tuple((read_message(name), read_message(why)) for name, why in said["whys"])
    if whys:
        yield Folded(say("Why these cures"), (Pairs(whys),))
    refused = tuple(read_message(refusal) for refusal in said["refused"])
    blocks: list[Block] = []
    if refused:
        blocks += [Prose(read_message(said["not_tried"])), Bullets(refused)]
    if left_out := read_message(said["left_out"]):
        blocks.append(Prose(left_out))
    if blocks:
        yield Folded(say("What was not tried"), tuple(blocks))


def _use(folder: Path, account: Mapping[str, Any]) -> Iterator[Block]:
    """How to go on with what was found."""
    if account["helps"]:
        build = say("The network with the cure is in cured.py, as source to read and to paste:")
    else:
        build = say("The network as it is stands in cured.py, as source to read and to paste:")
    yield Prose(build)
    yield Code("from cured import build\n\nmodel = build()", "python")
    best = account["best"]
    if best is not None:
        yield Prose(
            say(
                "Its best trained network is that of seed {seed}, fold {fold}, at epoch {epoch}:",
                seed=str(best["seed"]),
                fold=str(best["fold"]),
                epoch=str(best["epoch"]),
            )
        )
        run, lane = (folder / best["run"]).as_posix(), (best["variant"], best["seed"], best["fold"])
        yield Code(f"import dure\n\nmodel = dure.load({run!r}).lane{lane!r}.model()", "python")
    yield Prose(
        say(
            "The search is in {folder}: cured.py, verdict.json, pictures, and every round as a run "
            "folder.",
            folder=str(folder),
        ),
        "note",
    )
