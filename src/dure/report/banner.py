"""What stands above a report: of what it is, and what must be known before all else."""

from __future__ import annotations

from dure.core.types import DIMS
from dure.messages.message import Message, as_is, joined, say
from dure.messages.phrases import count
from dure.results.run_result import RunResult
from dure.results.summary import source_of


def subtitle(result: RunResult) -> Message:
    """Data, sizes, and when it was started."""
    sizes = joined([count(result.curves.sizes[dim], dim) for dim in DIMS], " × ")
    created = str(result.manifest.get("created") or "")[:10]
    return joined((source_of(result), sizes, as_is(created)), " · ")


def banner(result: RunResult) -> Message | None:
    """What must be known before all else: lanes still to be trained, lanes lost."""
    kinds = [status.kind for status in result.statuses]
    done = sum(status.done for status in result.statuses)
    parts = []
    if done < len(kinds):
        ran = int(result.lanes["epochs"].sum())
        of = len(kinds) * result.curves.sizes["epoch"]
        parts.append(
            say(
                "Training is not over: {done} of {lanes} done, {ran} of {epochs}; all below is of "
                "what there is so far.",
                done=f"{done:,}",
                lanes=count(len(kinds), "lane"),
                ran=f"{ran:,}",
                epochs=count(of, "epoch"),
            )
        )
    diverged, failed = (kinds.count(kind) for kind in ("diverged", "failed"))
    if diverged:
        told = count(diverged, "lane")
        parts.append(say("Diverged: {lanes} of {of}.", lanes=told, of=f"{len(kinds):,}"))
    if failed:
        told = count(failed, "lane")
        parts.append(say("Failed: {lanes} of {of}.", lanes=told, of=f"{len(kinds):,}"))
    return joined(parts) if parts else None
