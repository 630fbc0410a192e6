"""Models that train by steps of their own, as people write them for Keras on JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import keras
import numpy as np
from keras import layers as L
from keras import ops

ROWS = 44  # of 16: the last batch is smaller
RANDOM = np.random.default_rng(5)
X = RANDOM.normal(size=(ROWS, 6)).astype("float32")
Y = (X[:, :1] - X[:, 1:2] > 0).astype("float32")
PAIRS = (X, (X + RANDOM.normal(scale=0.1, size=X.shape)).astype("float32"))


class Case(NamedTuple):
    """A model and what its `fit` is given."""

    make: Callable[[], Any]
    x: Any
    y: Any = None
    fit: Mapping[str, Any] = MappingProxyType({})


def mlp(*units: int, inputs: int = 6, last: str | None = None, **options: Any) -> Any:
    """A small dense network."""
    stack = [L.Dense(n, "tanh") for n in units[:-1]]
    return keras.Sequential([L.Input((inputs,)), *stack, L.Dense(units[-1], last)], **options)


class Noise(L.Layer):
    """Normal noise of its input's shape, from a generator of its own."""

    def __init__(self, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, like: Any) -> Any:
        return keras.random.normal(ops.shape(like), seed=self.seed_generator)


class Autoencoder(keras.Model):
    """A variational autoencoder: pure functions, three means, inputs alone."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.decoder, self.noise = mlp(8, 4), mlp(8, 6, inputs=2), Noise(7)
        self.means = [keras.metrics.Mean(name=n) for n in ("loss", "reconstruction", "kl")]

    @property
    def metrics(self) -> list[Any]:
        return self.means

    def call(self, x: Any) -> Any:
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        code = mean + ops.exp(0.5 * log_variance) * self.noise(mean)
        return self.decoder(code), mean, log_variance

    def losses_of(self, trainable: Any, non_trainable: Any, x: Any) -> Any:
        """The loss, and its parts with the other variables afterwards."""
        (out, mean, log_variance), other = self.stateless_call(trainable, non_trainable, x)
        reconstruction = ops.mean(ops.sum(ops.square(x - out), axis=1))
        kl = -0.5 * ops.mean(1 + log_variance - ops.square(mean) - ops.exp(log_variance))
        return reconstruction + kl, (reconstruction, kl, other)

    def log(self, metrics: Any, values: Any) -> Any:
        """Means with these values added, and their results."""
        logs, new = {}, []
        for place, (mean, value) in enumerate(zip(self.means, values, strict=True)):
            state = mean.stateless_update_state(metrics[2 * place : 2 * place + 2], value)
            logs[mean.name] = mean.stateless_result(state)
            new += state
        return logs, new

    def train_step(self, state: Any, data: Any) -> Any:
        trainable, other, optimizer, metrics = state
        gradient = jax.value_and_grad(self.losses_of, has_aux=True)
        (loss, (reconstruction, kl, other)), slopes = gradient(trainable, other, data)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, slopes, trainable)
        logs, metrics = self.log(metrics, (loss, reconstruction, kl))
        return logs, (trainable, other, optimizer, metrics)

    def test_step(self, state: Any, data: Any) -> Any:
        trainable, other, metrics = state
        loss, (reconstruction, kl, other) = self.losses_of(trainable, other, data)
        logs, metrics = self.log(metrics, (loss, reconstruction, kl))
        return logs, (trainable, other, metrics)


class Adversaries(keras.Model):
    """A generator against a discriminator; Keras' state holds the optimizers of both."""

    penalty = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.generator, self.judge, self.noise = mlp(8, 6, inputs=3), mlp(8, 1), Noise(3)
        self.noise.built = True
        self.built = True

    def compile(self, d_optimizer: Any, g_optimizer: Any, **options: Any) -> None:  # type: ignore[override]
        super().compile(optimizer=g_optimizer, **options)
        self.d_optimizer = d_optimizer
        d_optimizer.build(self.judge.trainable_variables)
        g_optimizer.build(self.generator.trainable_variables)
        # Lists of variables are the model's own, and so go through Keras' steps as its state.
        self.d_state = list(d_optimizer.variables)

    def call(self, x: Any) -> Any:
        return self.judge(x)

    def split(self, values: Any) -> tuple[list[Any], list[Any]]:
        """Weights of the generator and of the judge."""
        count = len(self.generator.trainable_variables)
        return list(values[:count]), list(values[count:])

    def judge_loss(self, real: Any, fake: Any) -> Any:
        """From what the judge says of both."""
        cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        return cross_entropy(ops.ones_like(real), real) + cross_entropy(ops.zeros_like(fake), fake)

    def generator_loss(self, fake: Any) -> Any:
        """From what the judge says of the generator's."""
        return keras.losses.BinaryCrossentropy(from_logits=True)(ops.ones_like(fake), fake)

    def train_step(self, state: Any, data: Any) -> Any:
        trainable, other, g_state, metrics = state
        x = data[0] if isinstance(data, tuple) else data
        g, d = self.split(trainable)
        places = {id(v): i for i, v in enumerate(self.non_trainable_variables)}
        at = [places[id(v)] for v in self.d_state]
        seed = places[id(self.noise.seed_generator.state)]
        code, (new_seed,) = self.noise.stateless_call([], [other[seed]], x[:, :3])

        def judged(d: Any, g: Any) -> Any:
            fake = self.generator.stateless_call(g, [], code)[0]

            def judge(rows: Any) -> Any:
                return self.judge.stateless_call(d, [], rows)[0]

            loss = self.judge_loss(judge(x), judge(fake))
            if self.penalty:
                slope = jax.grad(lambda rows: judge(rows).sum())(0.3 * x + 0.7 * fake)
                norm = ops.sqrt(ops.sum(ops.square(slope), axis=1) + 1e-12)
                loss += self.penalty * ops.mean(ops.square(norm - 1))
            return loss

        def fooled(g: Any, d: Any) -> Any:
            fake = self.generator.stateless_call(g, [], code)[0]
            return self.generator_loss(self.judge.stateless_call(d, [], fake)[0])

        d_loss, slopes = jax.value_and_grad(judged)(d, g)
        d, d_state = self.d_optimizer.stateless_apply([other[i] for i in at], slopes, d)
        g_loss, slopes = jax.value_and_grad(fooled)(g, d)
        g, g_state = self.optimizer.stateless_apply(g_state, slopes, g)
        other = list(other)
        for place, value in zip((*at, seed), (*d_state, new_seed), strict=True):
            other[place] = value
        return {"g_loss": g_loss, "d_loss": d_loss}, ([*g, *d], other, g_state, metrics)

    def test_step(self, state: Any, data: Any) -> Any:
        trainable, other, metrics = state
        x = data[0] if isinstance(data, tuple) else data
        says = self.judge.stateless_call(self.split(trainable)[1], [], x)[0]
        return {"realness": ops.mean(ops.sigmoid(says))}, (trainable, other, metrics)


class Wasserstein(Adversaries):
    """With a penalty on the judge's gradient, and a loss called so for each."""

    penalty = 10.0

    def judge_loss(self, real: Any, fake: Any) -> Any:
        return ops.mean(fake) - ops.mean(real)

    def generator_loss(self, fake: Any) -> Any:
        return -ops.mean(fake)


class BothOptimizers(keras.optimizers.Optimizer):
    """Two optimizers in one: each steps its part of the weights."""

    def __init__(self, first: Any, second: Any, count: int) -> None:
        super().__init__(learning_rate=0.0)
        self.parts, self.count = (first, second), count

    def build(self, variables: list[Any]) -> None:
        super().build(variables)
        self.parts[0].build(variables[: self.count])
        self.parts[1].build(variables[self.count :])

    @property
    def variables(self) -> list[Any]:
        return [*super().variables, *self.parts[0].variables, *self.parts[1].variables]

    def stateless_apply(
        self, optimizer_variables: Any, grads: Any, trainable_variables: Any
    ) -> Any:
        own = len(super().variables)
        first = own + len(self.parts[0].variables)
        cut = self.count
        a, a_state = self.parts[0].stateless_apply(
            optimizer_variables[own:first], grads[:cut], trainable_variables[:cut]
        )
        b, b_state = self.parts[1].stateless_apply(
            optimizer_variables[first:], grads[cut:], trainable_variables[cut:]
        )
        return [*a, *b], [*optimizer_variables[:own], *a_state, *b_state]


class Siamese(keras.Model):
    """SimSiam: two views of each row, with a stopped gradient, and no targets."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.predictor = mlp(8, 4), mlp(3, 4, inputs=4)
        self.norm = L.BatchNormalization()
        self.tracker = keras.metrics.Mean(name="loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.tracker]

    def call(self, pair: Any, training: bool = False) -> Any:
        codes = [self.norm(self.encoder(view), training=training) for view in pair]
        return [self.predictor(code) for code in codes], codes

    def compute_loss_and_updates(self, trainable: Any, other: Any, pair: Any, training: Any) -> Any:  # type: ignore[override]
        (guesses, codes), other = self.stateless_call(trainable, other, pair, training=training)
        likeness = [
            ops.sum(ops.normalize(guess) * ops.normalize(ops.stop_gradient(code)), axis=1)
            for guess, code in zip(guesses, reversed(codes), strict=True)
        ]
        return -ops.mean(likeness[0] + likeness[1]) / 2, other

    def train_step(self, state: Any, data: Any) -> Any:
        trainable, other, optimizer, metrics = state
        (pair,) = data
        gradient = jax.value_and_grad(self.compute_loss_and_updates, has_aux=True)
        (loss, other), slopes = gradient(trainable, other, pair, True)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, slopes, trainable)
        metrics = self.tracker.stateless_update_state(metrics, loss)
        logs = {"loss": self.tracker.stateless_result(metrics)}
        return logs, (trainable, other, optimizer, metrics)

    def test_step(self, state: Any, data: Any) -> Any:
        trainable, other, metrics = state
        loss, other = self.compute_loss_and_updates(trainable, other, data[0], False)
        metrics = self.tracker.stateless_update_state(metrics, loss)
        return {"loss": self.tracker.stateless_result(metrics)}, (trainable, other, metrics)


class Distiller(keras.Model):
    """A student that learns from the targets and from a frozen teacher."""

    def __init__(self) -> None:
        super().__init__()
        self.teacher, self.student = mlp(16, 1), mlp(3, 1)
        self.teacher.trainable = False

    def call(self, x: Any, training: bool = False) -> Any:
        return self.student(x, training=training)

    def compute_loss(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: Any) -> Any:  # type: ignore[override]
        soft = ops.sigmoid(self.teacher(x, training=False) / 3.0)
        hard = super().compute_loss(x, y, y_pred, sample_weight, training)
        return 0.4 * hard + 0.6 * ops.mean(ops.square(soft - ops.sigmoid(y_pred / 3.0)))


class ThenShrinks(keras.Model):
    """Keras' own step, and then a change of the weights; more logs than metrics."""

    def train_step(self, state: Any, data: Any) -> Any:
        logs, (trainable, *rest) = super().train_step(state, data)
        trainable = [0.999 * weight for weight in trainable]
        size = sum(ops.sum(ops.square(weight)) for weight in trainable)
        return {**logs, "size": size}, (trainable, *rest)


class OwnTest(keras.Model):
    """Only evaluation is its own: another metric than in training, and no loss."""

    def test_step(self, state: Any, data: Any) -> Any:
        trainable, other, metrics = state
        x, y, *_ = data
        out, other = self.stateless_call(trainable, other, x, training=False)
        return {"worst": ops.max(ops.abs(y - out))}, (trainable, other, metrics)


class LastBatch(keras.Model):
    """Logs the loss of each batch, as the shortest of the published steps do; no metrics."""

    def loss_of(self, trainable: Any, other: Any, x: Any, y: Any) -> Any:
        """The loss, and the other variables afterwards."""
        out, other = self.stateless_call(trainable, other, x, training=True)
        return ops.mean(ops.square(y - out)), other

    def train_step(self, state: Any, data: Any) -> Any:
        trainable, other, optimizer, metrics = state
        x, y = data
        gradient = jax.value_and_grad(self.loss_of, has_aux=True)
        (loss, other), slopes = gradient(trainable, other, x, y)
        trainable, optimizer = self.optimizer.stateless_apply(optimizer, slopes, trainable)
        return {"mse": loss}, (trainable, other, optimizer, metrics)

    def test_step(self, state: Any, data: Any) -> Any:
        trainable, other, metrics = state
        x, y = data
        loss, other = self.loss_of(trainable, other, x, y)
        return {"mse": loss}, (trainable, other, metrics)


class SomeMetrics(keras.Model):
    """Gives back only some of its metrics' results: Keras reports those of the last batch."""

    def train_step(self, state: Any, data: Any) -> Any:
        logs, state = super().train_step(state, data)
        return {"loss": logs["loss"]}, state


class OwnMetrics(keras.Model):
    """Metrics and their results are its own; the steps are Keras'."""

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        logs = super().compute_metrics(x, y, y_pred, sample_weight)
        return {**logs, "bias": ops.mean(y_pred - y)}


def compiled(kind: Any, *units: int, **options: Any) -> Callable[[], Any]:
    """A functional network of this kind, with dropout."""

    def make() -> Any:
        inputs = L.Input((6,))
        out: Any = inputs
        for size in units or (5,):
            out = L.Dropout(0.2)(L.Dense(size, "tanh")(out))
        model = kind(inputs, L.Dense(1)(out))
        given = {"loss": "mse", "metrics": ["mae"], **options}
        model.compile(keras.optimizers.Adam(0.02), **given)
        return model

    return make


def adversarial(kind: Any) -> Callable[[], Any]:
    """Two networks with an optimizer each."""

    def make() -> Any:
        model = kind()
        model.compile(keras.optimizers.Adam(0.01), keras.optimizers.RMSprop(0.02))
        return model

    return make


def own(kind: Any, optimizer: Any = "adam", **options: Any) -> Callable[[], Any]:
    """A model without arguments."""

    def make() -> Any:
        model = kind()
        model.compile(optimizer() if callable(optimizer) else optimizer, **options)
        return model

    return make


def two_speeds() -> Any:
    """A network whose first half learns by another optimizer."""
    model = compiled(ThenShrinks)()
    model.optimizer = BothOptimizers(
        keras.optimizers.SGD(0.05, momentum=0.9), keras.optimizers.Adam(0.01), 2
    )
    return model


CASES = {
    "variational autoencoder": Case(own(Autoencoder), X),
    "wasserstein with gradient penalty": Case(adversarial(Wasserstein), X),
    "siamese": Case(own(Siamese, "sgd"), PAIRS),
    "distillation": Case(own(Distiller, loss="mse"), X, Y),
    "own test step": Case(compiled(OwnTest), X, Y),
    "last batch": Case(compiled(LastBatch, loss=None, metrics=None), X, Y),
    "some metrics": Case(compiled(SomeMetrics), X, Y),
    "own metrics": Case(compiled(OwnMetrics), X, Y),
    "two optimizers in one": Case(two_speeds, X, Y),
}
