"""C3. Which digit is it? Classes of single pictures, each picture beside.

The notes hand the first five test digits to one trained network and see 7 2 1 0 4. Another seed is
another network: here all of them are asked, and the row says how many agree, on these five and on
the whole test part. A digit on which they are divided is one that no single network should be
believed on.
"""

from __future__ import annotations

import numpy as np

import dure
from dure.gallery.convolution.c2_digits_cnn import build, study
from dure.gallery.page import Page
from dure.messages.message import say

__all__ = ["build", "show", "study"]

NOTE = [7, 2, 1, 0, 4]


def show(page: Page) -> None:
    """Ask the best network as the notes do, then all of them."""
    asked = study(page.quick)
    result = page.run(asked)
    assert asked.data.test is not None
    x, y = (np.asarray(part)[:5] for part in asked.data.test[:2])

    # The notes' way. A network takes rows of pictures, so one picture is x[:1], not x[0].
    model = result.best().model()
    probabilities = model.predict(x[:1], verbose=0)
    page.fact("shape of one prediction", probabilities.shape)
    classes = model.predict(x, verbose=0).argmax(axis=1)
    page.fact("predicted", classes)
    page.say(
        say(
            "The first five test digits are {true}; the best network says {predicted} (note: "
            "{note}).",
            **{"true": _describe(y), "predicted": _describe(classes), "note": _describe(NOTE)},
        )
    )

    # All of them.
    five = dure.look(result, x)
    said = five.predictions()["predicted"].sortby("row")
    agree = (said == y).sum("lane").values
    page.fact("true", y)
    page.fact("predicted by each", said.transpose("lane", "row").values)
    page.fact("networks that are right", agree)
    page.say(
        say(
            "Of {networks} networks right about each: {right}.",
            **{"networks": said.sizes["lane"], "right": _describe(agree)},
        )
    )
    page.picture("five-digits", five.draw.predictions())
    _whole_test(page, dure.look(result, data=asked.data))


def _whole_test(page: Page, every: dure.Look) -> None:
    """How often the networks agree, and what agreement is worth."""
    found = every.predictions()
    said, true = found["predicted"], found["true"].isel(lane=0)
    first = said.isel(lane=0)
    agreed = (said == first).all("lane")
    right = (said == true).mean("lane")
    count, divided = said.sizes["lane"], int((~agreed).sum())
    page.fact("agreed", agreed.mean())
    page.fact("right where agreed", right[agreed].mean())
    page.say(
        say(
            "On {rows:,} test digits all {networks} networks agree about {agreed:.1%}, and are "
            "right about {right:.2%} of those.",
            **{"rows": said.sizes["row"], "networks": count},
            **{"agreed": float(agreed.mean()), "right": float(right[agreed].mean())},
        )
    )
    if divided:
        page.fact("right where divided", right[~agreed].mean())
        page.say(
            say(
                "On the other {rows:,} a network is right {right:.0%} of the time.",
                **{"rows": divided, "right": float(right[~agreed].mean())},
            )
        )
    page.picture("worst-mistakes", every.draw.of(found))
    if count > 1:
        page.picture("divided", every.draw.agreement_of_predictions())


def _describe(digits: object) -> str:
    return " ".join(str(digit) for digit in np.asarray(digits))
