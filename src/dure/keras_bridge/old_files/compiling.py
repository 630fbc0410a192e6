"""What an old model was compiled with: optimizer, losses and metrics, in Keras 3's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dure.core.backend import keras
from dure.keras_bridge.old_files.configs import Translation, Writer, plain, translate_object

LOSSES = {
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "huber_loss": "huber",
}
"""Losses and metrics that are functions, by the name they had."""

BY_BATCH = ("precision", "recall", "fmeasure", "fbeta_score", "matthews_correlation")
"""Metrics of Keras 1 that were means over batches, and are none any more."""

WHOLE = ("acc", "accuracy", "ce", "crossentropy")
"""What `compile` itself makes a metric of, by the shape of the output."""

WRAPPERS = ("MeanMetricWrapper", "SumOverBatchSizeMetricWrapper")


def compile_as_saved(
    model: keras.Model, given: Mapping[str, Any], outputs: Mapping[str, str], writer: Writer
) -> list[str]:
    """Compile a model with what the file says it was compiled with.

    Parameters
    ----------
    model
        Not compiled yet.
    given
        The file's compile section.
    outputs
        Names of outputs in the model, by those in the file, where they differ.
    writer
        Who wrote it.

    Returns
    -------
    What could not be kept, a sentence each. Without its loss a model stays uncompiled.
    """
    notes: list[str] = []
    losses, metrics, weighted = (Translation(writer) for _ in range(3))
    loss = _each(given.get("loss"), outputs, lambda each: _loss(each, losses))
    if losses.faults or losses.foreign:
        return [f"not compiled, as its loss is not known here: {_told(losses)}"]
    counted = _metrics(model, given.get("metrics"), outputs, metrics)
    also = _metrics(model, given.get("weighted_metrics"), outputs, weighted)
    dropped = [_told(words) for words in (metrics, weighted) if words.faults or words.foreign]
    notes += [f"compiled without metrics that are not known here: {each}" for each in dropped]
    words = Translation(writer)
    optimizer = _optimizer(given.get("optimizer_config", given.get("optimizer")), words)
    if optimizer is None:
        notes.append(
            f"its optimizer is not known here ({_told(words)}), so it has Keras' default "
            "(rmsprop); call compile with another before you train it further"
        )
    weights = _each(given.get("loss_weights"), outputs, lambda each: each)
    model.compile(
        optimizer=optimizer or "rmsprop",
        loss=loss,
        loss_weights=weights,
        metrics=counted,
        weighted_metrics=also,
    )
    # Keras would warn of the missing numbers whenever a file of this model is loaded.
    model.optimizer.build(model.trainable_variables)
    return notes


def _told(words: Translation) -> str:
    return "; ".join([*words.foreign, *(fault.rstrip(".") for fault in words.faults)])


def _each(value: Any, outputs: Mapping[str, str], make: Callable[[Any], Any]) -> Any:
    """A value a loss (or weight, or metric), through lists and through dicts of outputs."""
    if isinstance(value, dict) and "class_name" not in value:
        return {outputs.get(key, key): _each(each, outputs, make) for key, each in value.items()}
    if isinstance(value, list):
        return [_each(each, outputs, make) for each in value]
    return None if value is None else make(plain(value))


def _loss(value: Any, words: Translation) -> Any:
    if isinstance(value, dict) and value["class_name"] == "function":
        value = value["config"]
    if isinstance(value, str):
        return _function(LOSSES.get(value, value), keras.losses, "loss", words)
    config = {key: each for key, each in value["config"].items() if key != "fn"}
    if config.get("reduction") == "auto":
        config["reduction"] = "sum_over_batch_size"
    return _made({**value, "config": config}, keras.losses, "loss", words)


def _function(name: str, family: Any, what: str, words: Translation) -> Any:
    """A function by its name: the user's own, or Keras'."""
    own = keras.saving.get_registered_object(name)
    if own is not None:
        return own
    try:
        family.get(name)
    except (ValueError, TypeError):
        words.foreign.append(f"{name} ({what})")
    return name


def _made(config: Mapping[str, Any], family: Any, what: str, words: Translation) -> Any:
    before = len(words.foreign) + len(words.faults)
    translated = translate_object(config, family, what, words)
    if len(words.foreign) + len(words.faults) > before:
        return None
    return keras.saving.deserialize_keras_object(translated)


# --- metrics --------------------------------------------------------------------------------


def _metrics(model: keras.Model, given: Any, outputs: Mapping[str, str], words: Translation) -> Any:
    if not given:
        return None
    count = len(model.outputs)

    def made(value: Any) -> Any:
        found = _each(value, outputs, lambda each: _metric(each, words))
        return _without_gaps(found)

    if isinstance(given, dict):
        return made(given)
    nested = any(isinstance(each, list) for each in given)
    if count == 1:
        return made([one for each in given for one in (each if isinstance(each, list) else [each])])
    # A flat list was of every output.
    return made(given) if nested else [made(given) for _ in range(count)]


def _without_gaps(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_gaps(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_gaps(each) for each in value if each is not None]
    return value


def _metric(value: Any, words: Translation) -> Any:
    if isinstance(value, dict) and value["class_name"] == "function":
        value = value["config"]
    if isinstance(value, str):
        if value in WHOLE:
            return value
        if value in BY_BATCH and words.writer.numbers[0] < 2:
            words.foreign.append(f"{value} (metric: a mean over batches)")
            return None
        before = len(words.foreign)
        found = _function(LOSSES.get(value, value), keras.metrics, "metric", words)
        return found if len(words.foreign) == before else None
    if value["class_name"] in WRAPPERS:
        return _wrapped(value["config"], words)
    return _made(value, keras.metrics, "metric", words)


def _wrapped(config: Mapping[str, Any], words: Translation) -> Any:
    """A metric that was a function with a name round it."""
    function = config.get("fn")
    if isinstance(function, dict):
        function = function.get("config")
    before = len(words.foreign)
    found = _function(LOSSES.get(str(function), str(function)), keras.metrics, "metric", words)
    if len(words.foreign) > before:
        return None
    if isinstance(found, str):
        known = keras.metrics.get(found)
        if isinstance(known, keras.metrics.Metric):
            return type(known)(name=config.get("name"))
        found = known
    return keras.metrics.MeanMetricWrapper(found, name=config.get("name"))


# --- optimizers -----------------------------------------------------------------------------


def _optimizer(config: Any, words: Translation) -> Any:
    """The optimizer at its first step; None where Keras 3 has no such one."""
    if isinstance(config, str):
        return _function(config, keras.optimizers, "optimizer", words) if config else None
    if not isinstance(config, dict) or "class_name" not in config:
        words.foreign.append("the file names none")
        return None
    arguments = plain(config["config"])
    if "inner_optimizer" in arguments:  # of mixed precision, which Keras 3 adds by itself
        return _optimizer(arguments["inner_optimizer"], words)
    arguments = {key: each for key, each in arguments.items() if each is not None}
    rate = arguments.pop("lr", arguments.pop("learning_rate", 0.001))
    if isinstance(rate, dict):
        rate = translate_object(rate, keras.optimizers.schedules, "learning rate", words)
    decay = arguments.pop("decay", 0) or 0
    if decay:
        schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": decay}
        rate = {
            "module": "keras.optimizers.schedules",
            "class_name": "InverseTimeDecay",
            "config": schedule,
            "registered_name": None,
        }
    arguments["learning_rate"] = rate
    if config["class_name"] == "Adagrad":
        arguments.setdefault("initial_accumulator_value", 0.0)
    bare = str(config["class_name"]).rpartition(">")[2]
    named = config if "registered_name" in config else {**config, "class_name": bare}
    return _made({**named, "config": arguments}, keras.optimizers, "optimizer", words)
