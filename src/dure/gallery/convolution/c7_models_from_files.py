"""C7. Models from files: saved, loaded, looked into, as .keras and as .h5.

The notes save a trained network in both formats, load it, walk over its layers and weights, and
predict. Keras does all of this; ``dure.look(path)`` looks into either file, whether Dure trained
what is in it or not.
"""

from __future__ import annotations

import numpy as np

import dure
from dure.core.backend import keras
from dure.gallery.convolution import c2_digits_cnn
from dure.gallery.page import RowPage
from dure.messages.message import Message, say


def study(quick: bool = False) -> dure.Study:
    """The network of C2 in its quick form: nothing here rests on its being good."""
    return c2_digits_cnn.study(quick=True)


def show(page: RowPage) -> None:
    """Dure's network through both formats, and a network that Dure did not train."""
    asked = study(page.quick)
    result = page.run(asked)
    assert asked.data.test is not None
    x = np.asarray(asked.data.test[0])[:50]
    _through_files(page, say("by Dure"), result.best().model(), x)

    keras.utils.set_random_seed(1)
    stranger = c2_digits_cnn.build(filters=8)
    stranger.fit(np.asarray(asked.data.x), np.asarray(asked.data.y), epochs=1, verbose=0)
    _through_files(page, say("by Keras alone"), stranger, x)
    files = dure.look(page.folder / "by-keras-alone.h5", x)
    page.picture("by-keras-alone-kernels", files.draw.kernels("conv_1"))
    page.picture("by-keras-alone-maps", files.draw.feature_maps("conv_1"))
    page.picture("by-keras-alone-weights", files.draw.weights("conv_1"))


def _through_files(page: RowPage, whose: Message, model: keras.Model, x: np.ndarray) -> None:
    """Save, load, compare layers, weights and predictions, look."""
    before = model.predict(x, verbose=0)
    for suffix in ("keras", "h5"):
        path = page.folder / f"{whose.replace(' ', '-').lower()}.{suffix}"
        model.save(path)
        loaded = keras.models.load_model(path)
        names = [layer.name for layer in loaded.layers]
        page.fact(f"{whose}, {suffix}: layers", names)
        shapes = [" x ".join(map(str, weight.shape)) for weight in loaded.weights]
        page.fact(f"{whose}, {suffix}: weights", shapes)
        weights = max(
            float(np.abs(a - b).max())
            for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True)
        )
        outputs = float(np.abs(loaded.predict(x, verbose=0) - before).max())
        looked = dure.look(path, x)
        kernel = looked.kernels("conv_1").values
        seen = float(np.abs(kernel - model.get_layer("conv_1").get_weights()[0]).max())
        for what, value in {"weights": weights, "predictions": outputs, "look": seen}.items():
            page.fact(f"{whose}, {suffix}: difference in {what}", value)
        size = path.stat().st_size / 2**20
        page.say(
            "Trained {whose}, {file} ({size:.1f} MB): {layers} layers, {arrays} weights of "
            "{numbers:,} numbers; differences after loading: weights {weights:g}, predictions "
            "{predictions:g}; dure.look's kernel {kernel:g}.",
            whose=whose,
            file=path.name,
            size=size,
            layers=len(names),
            arrays=len(shapes),
            numbers=loaded.count_params(),
            weights=weights,
            predictions=outputs,
            kernel=seen,
        )
        if suffix == "h5":
            continue
        table = looked.layers()
        page.fact(f"{whose}: classes", table["class"].tolist())
        page.fact(f"{whose}: parameters", table["parameters"].sum())
