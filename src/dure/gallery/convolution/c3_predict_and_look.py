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
from dure.gallery.page import RowPage

__all__ = ["build", "show", "study"]

NOTE = [7, 2, 1, 0, 4]


def show(page: RowPage) -> None:
    """Ask the best network as the notes do, then all of them."""
    asked = study(page.quick)
    result = page.run(asked)
    x, y = (np.asarray(part)[:5] for part in asked.data.test[:2])

    # The notes' way. A network takes rows of pictures, so one picture is x[:1], not x[0].
    model = result.best().model()
    page.fact("shape of one prediction", model.predict(x[:1], verbose=0).shape)
    classes = model.predict(x, verbose=0).argmax(axis=1)
    page.fact("predicted", classes)
    page.say(
        "The first five test digits are {true}; the best network says {predicted} (note: {note}).",
        true=_row(y),
        predicted=_row(classes),
        note=_row(NOTE),
    )

    # All of them.
    five = dure.look(result, x)
    answers = five.predictions()["predicted"].sortby("row")
    page.fact("true", y)
    page.fact("predicted by each", answers.transpose("lane", "row").values)
    page.fact("networks that are right", (answers == y).sum("lane").values)
    page.say(
        "Of {networks} networks right about each: {right}.",
        networks=answers.sizes["lane"],
        right=_row(page.facts["networks that are right"]),
    )
    page.picture("five-digits", five.draw.predictions())
    _whole_test(page, dure.look(result, data=asked.data))


def _whole_test(page: RowPage, every: dure.Look) -> None:
    """How often the networks agree, and what agreement is worth."""
    found = every.predictions()
    answers, true = found["predicted"], found["true"].isel(lane=0)
    agreed = (answers == answers.isel(lane=0)).all("lane")
    right = (answers == true).mean("lane")
    page.fact("agreed", agreed.mean())
    page.fact("right where agreed", right[agreed].mean())
    page.say(
        "On {rows:,} test digits all {networks} networks agree about {agreed:.1%}, and are right "
        "about {right:.2%} of those.",
        rows=answers.sizes["row"],
        networks=answers.sizes["lane"],
        agreed=float(agreed.mean()),
        right=float(right[agreed].mean()),
    )
    if not agreed.all():
        page.fact("right where divided", right[~agreed].mean())
        page.say(
            "On the other {rows:,} a network is right {right:.0%} of the time.",
            rows=int((~agreed).sum()),
            right=float(right[~agreed].mean()),
        )
    page.picture("worst-mistakes", every.draw.of(found))
    if answers.sizes["lane"] > 1:
        page.picture("divided", every.draw.agreement_of_predictions())


def _row(digits: object) -> str:
    return " ".join(str(digit) for digit in np.asarray(digits))
