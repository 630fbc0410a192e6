"""What is peculiar to single layers of Keras 1 and 2, before their arguments are renamed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dure.core.backend import keras
from dure.keras_bridge.old_files.configs import (
    Translation,
    accepted,
    translate_object,
)
from dure.keras_bridge.old_files.names import CLASSES, MERGES

Arguments = dict[str, Any]


def translate_layer(
    class_name: str, config: Arguments, registered: str | None, words: Translation
) -> dict[str, Any]:
    """The configuration of a layer that holds no other layers, in Keras 3's words."""
    what = describe(class_name, config)
    config = dict(config)
    for peculiar in _PECULIAR.get(CLASSES.get(class_name, class_name), ()):
        class_name = peculiar(class_name, config, what, words) or class_name
    found = {"class_name": class_name, "config": config, "registered_name": registered}
    made = translate_object(found, keras.layers, what, words)
    cls = getattr(keras.layers, str(made["class_name"]), None)
    if made.get("module") and cls is not None and "data_format" in accepted(cls):
        if made["config"].get("data_format") is None:
            # Keras 3 would take what the user's own settings say.
            made["config"]["data_format"] = _untold_format(str(made["class_name"]), what, words)
        if words.writer.backend not in ("tensorflow", "cntk"):
            _check_theano(made, what, words)
    return made


def _untold_format(class_name: str, what: str, words: Translation) -> str:
    """Where the channels are in a layer that does not say: some of Keras 1 forgot to write it."""
    if not class_name.endswith(("2D", "3D")) or not words.data_formats:
        return "channels_last"
    if len(words.data_formats) > 1:
        words.faults.append(
            f"{what}: the file does not tell where its channels are, and other layers have them "
            "first as well as last."
        )
    return min(words.data_formats)


def describe(class_name: str, config: Any) -> str:
    """A layer in a fault."""
    name = config.get("name") if isinstance(config, dict) else None
    return f"layer {name!r} ({class_name})" if name else f"a {class_name}"


def _recurrent(class_name: str, config: Arguments, what: str, words: Translation) -> str | None:
    first = config.pop("forget_bias_init", None)
    if first is not None:
        config["unit_forget_bias"] = first == "one"  # of new weights only
    if class_name.startswith("CuDNN"):
        config["recurrent_activation"] = "sigmoid"
    if "GRU" in class_name:
        config.setdefault("reset_after", class_name == "CuDNNGRU")
    return None


def _kernel_sizes(class_name: str, config: Arguments, what: str, words: Translation) -> str | None:
    for names in (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3")):
        if names[0] in config:
            config["kernel_size"] = [config.pop(name) for name in names]
    if config.get("border_mode") == "full":
        words.refuse(what, "border_mode", config.pop("border_mode"))
    return None


def _normalization(class_name: str, config: Arguments, what: str, words: Translation) -> str | None:
    if config.get("renorm"):
        words.refuse(what, "renorm", True)
    for key in ("renorm", "renorm_clipping", "renorm_momentum"):
        config.pop(key, None)
    if class_name == "SyncBatchNormalization":
        config["synchronized"] = True
    if config.get("mode", 0) != 0:
        words.refuse(
            what,
            "mode",
            config.pop("mode"),
            "Keras 3 normalizes each feature by moving averages only, which was mode 0",
        )
    return None


def _upsampling(class_name: str, config: Arguments, what: str, words: Translation) -> str | None:
    way = config.get("interpolation")
    if way not in (None, "nearest") and words.writer.resizes_by_corners:
        words.refuse(
            what, "interpolation", way, f"{words.writer} placed the pixels otherwise than Keras 3"
        )
    return None


def _merge(class_name: str, config: Arguments, what: str, words: Translation) -> str | None:
    """Keras 1's Merge: the layer for its mode, with that one's arguments."""
    mode = config.get("mode")
    if mode not in MERGES:
        shown = mode if isinstance(mode, str) and len(mode) < 30 else "a function"
        words.refuse(what, "mode", shown)
        mode = "sum"
    today, arguments = MERGES[mode]
    kept = {now: config[old] for old, now in arguments.items() if old in config}
    if "name" in config:
        kept["name"] = config["name"]
    config.clear()
    config.update(kept)
    return today


def _lambda(class_name: str, config: Arguments, what: str, words: Translation) -> str | None:
    for key in ("module", "function_type", "output_shape_type", "output_shape_module"):
        config.pop(key, None)
    function = config.get("function")
    named = isinstance(function, str) and keras.saving.get_registered_object(function) is not None
    if not named:
        words.unsafe.append(str(config.get("name", class_name)))
    return None


def _attention(class_name: str, config: Arguments, what: str, words: Translation) -> str | None:
    if config.get("output_shape") is None:
        config.pop("output_shape", None)
    return None


def _check_theano(made: dict[str, Any], what: str, words: Translation) -> None:
    """Refuse where Theano's padding "same" begins at another place than everybody else's."""
    config = made["config"]
    if config.get("padding") != "same":
        return
    pools, sizes = "Pooling" in made["class_name"], config.get("kernel_size", 1)
    strides = config.get("strides", 1)
    even = any(size % 2 == 0 for size in _as_list(sizes))
    if pools or even or any(stride != 1 for stride in _as_list(strides)):
        words.refuse(
            what,
            "padding",
            "same",
            "Theano, with which the file was written, padded other sides than Keras 3 where "
            "kernels are even, strides are not 1, or it pools",
        )


def _as_list(value: Any) -> list[int]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


Peculiar = Callable[[str, Arguments, str, Translation], "str | None"]

_PECULIAR: dict[str, tuple[Peculiar, ...]] = {
    "LSTM": (_recurrent,),
    "GRU": (_recurrent,),
    "GRUCell": (_recurrent,),
    "BatchNormalization": (_normalization,),
    "UpSampling2D": (_upsampling,),
    "Merge": (_merge,),
    "Lambda": (_lambda,),
    "MultiHeadAttention": (_attention,),
    **dict.fromkeys(
        ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "Conv3DTranspose", "SeparableConv2D"),
        (_kernel_sizes,),
    ),
}
"""By today's class name, where there is one."""
