"""The report of two studies: compared with each other, and the rest side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dure.analysis.comparison.pairing import lanes_of
from dure.analysis.comparison.table import Comparison
from dure.blocks.content import Beside, Block, Document, Prose, Section, footer
from dure.errors import DureError
from dure.messages.message import Message, as_is, joined, say
from dure.plots.charts.curves import NamedResult, build_curves
from dure.report.banner import banner, subtitle
from dure.report.facts import StudyFacts
from dure.report.sections import comparison
from dure.report.sections.guard import make_section
from dure.report.verdict import describe_value, leader_of, summarise_comparison


@dataclass(frozen=True)
class TwoStudies:
    """Two studies, and how all their variants compare.

    Attributes
    ----------
    found
        The comparison, or the sentence why there is none.
    remark
        Why it is not the monitor that is compared.
    metric
        What was asked to be compared; None: the monitor.
    """

    studies: tuple[StudyFacts, StudyFacts]
    found: Comparison | Message
    remark: Message | None
    metric: str | None

    @property
    def runs(self) -> list[str]:
        """What each run is called: its name, or its folder where both have the same."""
        results = [facts.result for facts in self.studies]
        for names in ([each.name for each in results], [each.folder.name for each in results]):
            if len(set(names)) == len(names):
                return names
        return [str(each.folder) for each in results]

    def document(self, each: Sequence[Sequence[Section]], cures: Section | None) -> Document:
        """The report.

        Parameters
        ----------
        each
            By study the sections it has by itself.
        cures
            Of a search for cures that belongs to the first.
        """
        runs, results = self.runs, [facts.result for facts in self.studies]
        banners = [
            joined((as_is(f"{run}:"), above))
            for run, result in zip(runs, results, strict=True)
            if (above := banner(result)) is not None
        ]
        return Document(
            title=" · ".join(runs),
            subtitle=joined(list(map(subtitle, results)), " | "),
            verdict=tuple(self._verdict()),
            sections=(
                make_section("curves", say("Curves"), lambda: self._curves(each)),
                make_section("comparison", say("Comparison"), self._comparison),
                *self._rest(each, cures),
            ),
            banner=joined(banners) if banners else None,
            footer=footer(),
            source=tuple(str(result.folder) for result in results),
        )

    def _verdict(self) -> Iterator[Message]:
        """The comparison of both, and of each its best variant with the value."""
        if isinstance(self.found, Message):
            yield self.found
        else:
            yield from summarise_comparison(self.found)
        if self.remark is not None:
            yield self.remark
        data = [(facts.result.manifest.get("data") or {}) for facts in self.studies]
        if data[0].get("fingerprint") != data[1].get("fingerprint"):
            yield say(
                "They were trained on different data, so a difference may come from the data."
            )
        for facts, run in zip(self.studies, self.runs, strict=True):
            first, result = leader_of(facts), facts.result
            if first is None:
                yield say("{run}: no lane has come to its end yet.", run=run)
                continue
            found = self.found
            metric = found.metric if isinstance(found, Comparison) else result.monitor.name
            for value in describe_value(result, first, metric):
                yield joined((as_is(f"{run}:"), value))

    def _rest(self, each: Sequence[Sequence[Section]], cures: Section | None) -> Iterator[Section]:
        """Their own sections side by side."""
        for one, two in zip(*each, strict=True):
            if one.key == "inside" and cures is not None:
                yield cures
            if one.key not in ("curves", "comparison"):
                blocks = Beside(tuple(zip(self.runs, (one.blocks, two.blocks), strict=True)))
                yield Section(one.key, one.title, (blocks,))

    def _curves(self, each: Sequence[Sequence[Section]]) -> Section:
        """One picture with the variants of both, and their summaries side by side."""
        parts = [
            NamedResult.of(facts.result, facts.overfitting, own)
            for facts, own in zip(self.studies, self._names(), strict=True)
        ]
        nothing = say("The runs have no metric in common whose curves could be drawn together.")
        first: Block = build_curves(parts) or Prose(nothing)
        own_sections = [{section.key: section for section in sections} for sections in each]
        summaries = [sections["curves"].blocks[1:] for sections in own_sections]
        beside = Beside(tuple(zip(self.runs, summaries, strict=True)))
        return Section("curves", say("Curves"), (first, beside))

    def _names(self) -> list[tuple[str, ...]]:
        """By study its variants as the comparison names them."""
        one, two = (facts.result for facts in self.studies)
        try:
            names = lanes_of(one, two, self.metric).names
        except DureError:  # nothing to pair, but still to be told apart
            names = tuple(
                f"{run}: {variant}"
                for run, facts in zip(self.runs, self.studies, strict=True)
                for variant in facts.result.variants
            )
        return [names[: len(one.variants)], names[len(one.variants) :]]

    def _comparison(self) -> Section:
        blocks = comparison.describe_comparison(self.found, self.remark)
        means = [tuple(comparison.means(facts.result)) for facts in self.studies]
        beside = Beside(tuple(zip(self.runs, means, strict=True)))
        return Section("comparison", say("Comparison"), (*blocks, beside))
