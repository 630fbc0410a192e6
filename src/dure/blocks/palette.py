"""Colours of variants, told apart also by those who see fewer."""

from __future__ import annotations

# Okabe & Ito (2008, "Color universal design") without yellow, which is faint on white; then three
# of Paul Tol's "muted" scheme (2021, "Colour schemes").
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#000000",
    "#882255",
    "#999933",
    "#332288",
)

TRAINED, UNTRAINED = COLOURS[0], COLOURS[1]
DIVERGING, SEQUENTIAL = "RdBu_r", "viridis"
