"""A report as HTML: a page that needs nothing but itself, and a fragment for notebooks."""

from __future__ import annotations

import re
from secrets import token_hex

from dure.blocks.charts import Curves
from dure.blocks.content import Document, blocks_of
from dure.messages.translate import check_language
from dure.report.html.render import Renderer, asset
from dure.report.html.voice import Voice

# What UTF-8 or HTML cannot hold: lone surrogates, control characters (not tab and line feed).
_UNFIT = re.compile("[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f]")


def page(document: Document, language: str = "en") -> str:
    """A report as one HTML file.

    Style, script, data and pictures are inside; the page asks the network for nothing and works
    from a folder. Without its script all charts can be read and switched.

    Parameters
    ----------
    document
        What to show.
    language
        Of our own words, a key of `dure.messages.translate.LANGUAGES`; default English.

    Raises
    ------
    DureError
        For a language that is not known.
    """
    check_language(language)
    return _rendered("page.html", document, Voice(language, prefix="", live=True, level=2))


def fragment(document: Document, language: str = "en") -> str:
    """A report as a piece of HTML for a notebook's output.

    The style holds for the piece alone, there is no script, and ids differ from piece to piece.

    Parameters
    ----------
    document
        What to show.
    language
        Of our own words, a key of `dure.messages.translate.LANGUAGES`; default English.

    Raises
    ------
    DureError
        For a language that is not known.
    """
    check_language(language)
    # Outputs of many sessions stand on one notebook page, so a counter would not do.
    prefix = f"dure-{token_hex(4)}-"
    return _rendered("fragment.html", document, Voice(language, prefix, live=False, level=3))


def _rendered(template: str, document: Document, voice: Voice) -> str:
    renderer = Renderer(voice)
    html = renderer.filled(
        template,
        document=document,
        sections=[(section, renderer.blocks(section.blocks)) for section in document.sections],
        style=asset("page.css") + _switches(document),
        script=asset("page.js"),
    )
    return _UNFIT.sub("\ufffd", html)


def _switches(document: Document) -> str:
    """Rules that show one metric and hide what is not ticked, for as many as there are."""
    charts = [
        block
        for section in document.sections
        for block in blocks_of(section.blocks)
        if isinstance(block, Curves)
    ]
    metrics = max((len(chart.metrics) for chart in charts), default=0)
    variants = max((len(chart.variants) for chart in charts), default=0)
    shown = (
        f".dure .curves:has(.r{i}:checked) .m:not(.m{i}){{display:none}}" for i in range(metrics)
    )
    ticked = (
        f".dure .curves:not(:has(.b{i}:checked)) .v{i}{{display:none}}"
        f".dure .curves:has(.l{i}:hover,.l{i} :focus-visible) .s:not(.v{i}){{opacity:.1}}"
        for i in range(variants)
    )
    # On paper every metric is shown.
    return f"@media screen{{{''.join(shown)}}}\n{''.join(ticked)}\n"
