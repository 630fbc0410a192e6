"""C5. What each layer makes of the first five pictures.

The notes draw the 32 maps of a first convolution and the 64 of a second for clothing, and the 64
and 128 for digits, and tell by eye what the second layer lost of the picture. Here the same grids
come with what can be counted over seeds: the share of dark values in each layer, and of channels
that never light up at all.
"""

from __future__ import annotations

import dure
from dure.gallery.convolution import c2_digits_cnn, c4_kernels
from dure.gallery.page import RowPage
from dure.messages.message import say

CONVOLUTIONS = ["conv_1", "conv_2"]
NAMES = {"clothing": say("Clothing"), "digits": say("Digits")}
ROWS = 200
"""At most so many test pictures that shares rest on."""


def studies(quick: bool = False) -> dict[str, dure.Study]:
    """The networks of C4 (clothing) and of C2 (digits)."""
    return {"clothing": c4_kernels.study(quick), "digits": c2_digits_cnn.study(quick)}


def show(page: RowPage) -> None:
    """Both networks, both convolutions: maps, dark values, channels that never light up."""
    for name, study in studies(page.quick).items():
        result = page.run(study)
        one = dure.look(result.best(), data=study.data)
        for layer in CONVOLUTIONS:
            maps = one.feature_maps(layer, rows=5)
            page.fact(f"{name} {layer}", maps.shape)
            page.picture(f"{name}-{layer}-five-pictures", one.draw.of(maps))
            page.picture(f"{name}-{layer}-first-picture", one.draw.feature_maps(layer, rows=1))
        shapes = [" x ".join(map(str, page.facts[f"{name} {c}"][1:])) for c in CONVOLUTIONS]
        page.say(
            "{name}: maps of {first}, then {second}.",
            name=NAMES[name],
            first=shapes[0],
            second=shapes[1],
        )
        assert study.data.test is not None
        found = dure.look(result, study.data.test[0][:ROWS]).activations(layers=CONVOLUTIONS)
        for layer in CONVOLUTIONS:
            page.say(
                "{name}, {layer}: share of values that are 0: {dark}; of channels that are 0 for "
                "all {rows} pictures: {dead}.",
                name=NAMES[name],
                layer=layer,
                rows=found.attrs["rows"],
                dark=page.interval(f"{name} {layer} zero", found["zero"].sel(layer=layer)),
                dead=page.interval(f"{name} {layer} dead", found["dead"].sel(layer=layer)),
            )
