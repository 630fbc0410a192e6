"""Networks on pictures, sounds and volumes: convolutions, pooling, augmentation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers as L
from keras import ops

from oracles.networks.case import (
    BINARY,
    CLASSES,
    NUMBERS,
    PICTURES,
    RANDOM,
    ROWS,
    SERIES,
    Case,
    compiled,
    pictures,
    sequential,
    sigmoid,
)

EVEN = PICTURES[:, :8, :8]
MASKS = (EVEN.mean(-1, keepdims=True) > 0.5).astype("float32")
VOLUMES = RANDOM.random(size=(ROWS, 4, 4, 4, 1)).astype("float32")
FILMS = RANDOM.random(size=(ROWS, 3, 6, 6, 2)).astype("float32")
SOUNDS = RANDOM.normal(size=(ROWS, 64)).astype("float32")
LABELS = "sparse_categorical_crossentropy"


def _u_net() -> keras.Model:
    x = L.Input((8, 8, 3))
    first = L.Conv2D(4, 3, padding="same", activation="relu")(x)
    deep = L.Conv2D(6, 3, padding="same", activation="relu")(L.MaxPooling2D()(first))
    up = L.Conv2DTranspose(4, 2, strides=2, activation="relu")(deep)
    h = L.Conv2D(4, 3, padding="same", activation="relu")(L.Concatenate()([first, up]))
    metrics = [keras.metrics.BinaryIoU(name="iou"), "binary_accuracy"]
    return compiled(x, L.Conv2D(1, 1, activation="sigmoid")(h), metrics=metrics)


def _residual() -> keras.Model:
    x = L.Input((9, 9, 3))
    h = L.Conv2D(4, 3, padding="same", use_bias=False)(x)
    for stride in (1, 2):
        short = h if stride == 1 else L.Conv2D(4, 1, strides=2, use_bias=False)(h)
        inner = L.ReLU()(L.BatchNormalization()(h))
        inner = L.Conv2D(4, 3, strides=stride, padding="same", use_bias=False)(inner)
        h = L.Add()([short, inner])
    out = L.Dense(3, "softmax")(L.GlobalAveragePooling2D()(h))
    return compiled(x, out, LABELS, keras.optimizers.SGD(0.05, 0.9), metrics=["accuracy"])


def _mobile() -> keras.Model:
    x = L.Input((8, 8, 3))
    h = L.Conv2D(6, 1, use_bias=False)(x)
    h = L.ReLU(6.0)(L.BatchNormalization()(h))
    h = L.ZeroPadding2D(((0, 1), (0, 1)))(h)
    h = L.DepthwiseConv2D(3, strides=2, use_bias=False)(h)
    h = L.ReLU(6.0)(L.BatchNormalization()(h))
    h = L.BatchNormalization()(L.Conv2D(4, 1, use_bias=False)(h))
    return compiled(x, L.Dense(3, "softmax")(L.GlobalAveragePooling2D()(h)), LABELS)


def _squeezed() -> keras.Model:
    """An inception block whose channels weigh themselves (squeeze and excitation)."""
    x = L.Input((8, 8, 3))
    paths = [L.Conv2D(2, k, padding="same", activation="relu")(x) for k in (1, 3, 5)]
    paths.append(L.Conv2D(2, 1)(L.MaxPooling2D(3, 1, padding="same")(x)))
    h = L.Concatenate()(paths)
    scale = L.Dense(8, "sigmoid")(L.Dense(2, "relu")(L.GlobalAveragePooling2D(keepdims=True)(h)))
    return compiled(x, L.Dense(3, "softmax")(L.GlobalMaxPooling2D()(h * scale)), LABELS)


def _dense_net() -> keras.Model:
    x = L.Input((8, 8, 3))
    h = x
    for _ in range(3):
        h = L.Concatenate()([h, L.Conv2D(2, 3, padding="same", activation="relu")(h)])
    return compiled(x, L.Dense(3, "softmax")(L.Flatten()(L.AveragePooling2D(2)(h))), LABELS)


def _enlarged() -> keras.Model:
    """Twice the size: interpolation beside a shuffle of channels into pixels."""
    x = L.Input((4, 4, 3))
    near = L.Conv2D(3, 3, padding="same")(L.UpSampling2D(2, interpolation="bilinear")(x))
    h = L.Conv2D(12, 3, padding="same", activation="relu")(x)
    h = L.Permute((1, 3, 2, 4, 5))(L.Reshape((4, 4, 2, 2, 3))(h))
    return compiled(x, near + L.Reshape((8, 8, 3))(h), "mae", metrics=["mse"])


def _segmented() -> keras.Model:
    x = L.Input((8, 8, 3))
    h = L.Conv2D(4, 3, padding="same", dilation_rate=2, activation="relu")(x)
    iou = keras.metrics.MeanIoU(3, sparse_y_pred=False)
    return compiled(x, L.Conv2D(3, 1, activation="softmax")(h), LABELS, metrics=[iou])


def _autoencoder() -> keras.Model:
    """Of noisy pictures, by convolutions."""
    x = L.Input((8, 8, 3))
    h = L.GaussianNoise(0.1)(x)
    h = L.Conv2D(4, 3, strides=2, padding="same", activation="relu")(h)
    h = L.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu")(h)
    return compiled(x, L.Conv2D(3, 3, padding="same", activation="sigmoid")(h))


def _channels_first() -> keras.Model:
    x = L.Input((3, 9, 9))
    h = L.AveragePooling2D(3, data_format="channels_first")(x)
    h = L.Flatten(data_format="channels_first")(L.BatchNormalization(axis=1)(h))
    return compiled(x, L.Dense(3, "softmax")(h), LABELS)


def _all_1d() -> keras.Model:
    x = L.Input((12, 4))
    kinds = [
        L.Conv1DTranspose(3, 3, strides=2),
        L.DepthwiseConv1D(3, depth_multiplier=2, activation="relu"),
        L.SeparableConv1D(3, 3, padding="same"),
        L.Conv1D(4, 3, groups=2),
        L.AveragePooling1D(3, padding="same"),
        L.MaxPooling1D(3, strides=2),
        L.AdaptiveAveragePooling1D(5),
        L.AdaptiveMaxPooling1D(5),
        L.UpSampling1D(2),
        L.ZeroPadding1D(2),
        L.Cropping1D(2),
        L.SpatialDropout1D(0.2),
    ]
    parts = [L.GlobalMaxPooling1D()(kind(x)) for kind in kinds]
    parts.append(L.GlobalAveragePooling1D()(x))
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(parts)))


def _all_2d() -> keras.Model:
    x = L.Input((9, 9, 3))
    h = L.Conv2D(3, 2)(x)
    kinds = [
        L.AveragePooling2D(3, 2, padding="same"),
        L.MaxPooling2D((2, 3), (1, 2)),
        L.AdaptiveAveragePooling2D(3),
        L.AdaptiveMaxPooling2D((3, 2)),
        L.UpSampling2D((1, 2)),
        L.ZeroPadding2D((1, 2)),
        L.Cropping2D(((1, 0), (2, 1))),
        L.SpatialDropout2D(0.2),
        L.Resizing(5, 6),
        L.CenterCrop(4, 5),
    ]
    parts = [L.GlobalAveragePooling2D()(L.Activation("relu")(kind(h))) for kind in kinds]
    parts.append(L.GlobalMaxPooling2D()(h))
    return compiled(x, L.Dense(3, "softmax")(L.Concatenate()(parts)), LABELS)


def _all_3d() -> keras.Model:
    x = L.Input((4, 4, 4, 1))
    kinds = [
        L.Conv3D(2, 2, strides=2, activation="relu"),
        L.Conv3DTranspose(2, 2),
        L.AveragePooling3D(2),
        L.MaxPooling3D(2),
        L.AdaptiveAveragePooling3D(2),
        L.AdaptiveMaxPooling3D(2),
        L.UpSampling3D(2),
        L.ZeroPadding3D(1),
        L.Cropping3D(1),
        L.SpatialDropout3D(0.2),
    ]
    parts = [L.GlobalMaxPooling3D()(kind(x)) for kind in kinds]
    parts.append(L.GlobalAveragePooling3D()(x))
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(parts)))


def _transposed_3d() -> keras.Model:
    x = L.Input((4, 4, 4, 1))
    h = L.Conv3D(2, 2, strides=2)(x)
    return compiled(x, L.Conv3DTranspose(1, 2, strides=2)(h), "mse")


def _wave_net() -> keras.Model:
    """Gated, dilated, causal convolutions with skips."""
    x = L.Input((12, 4))
    h, skips = L.Conv1D(4, 1)(x), []
    for rate in (1, 2, 4):
        options: dict[str, Any] = {"padding": "causal", "dilation_rate": rate}
        gated = L.Multiply()(
            [
                L.Conv1D(4, 2, activation="tanh", **options)(h),
                L.Conv1D(4, 2, activation="sigmoid", **options)(h),
            ]
        )
        skips.append(L.Conv1D(4, 1)(gated))
        h = L.Add()([h, skips[-1]])
    return compiled(x, L.Conv1D(1, 1)(L.ReLU()(L.Add()(skips))), "huber")


def _spectrograms() -> keras.Model:
    x = L.Input((64,))
    mel = L.MelSpectrogram(
        fft_length=16, sequence_stride=8, num_mel_bins=4, sampling_rate=100, max_freq=50
    )(x)
    stft = L.STFTSpectrogram(frame_length=16, frame_step=8)(L.Reshape((64, 1))(x))
    # Decibels of random sounds are large; the network is small.
    parts = [L.Flatten()(0.01 * mel), L.GlobalAveragePooling1D()(stft)]
    return compiled(x, L.Dense(1, "sigmoid")(L.Concatenate()(parts)))


def _transferred() -> keras.Model:
    """A base held still, batch norm in inference, and a head that trains."""
    base = keras.Sequential(
        [L.Input((8, 8, 3)), L.Conv2D(4, 3, use_bias=False), L.BatchNormalization(), L.ReLU()]
    )
    base.trainable = False
    x = L.Input((8, 8, 3))
    h = L.GlobalAveragePooling2D()(base(x, training=False))
    return compiled(x, L.Dense(3, "softmax")(L.Dropout(0.2)(h)), LABELS)


def _unfrozen() -> keras.Model:
    """The same after its last part was set free, as fine-tuning does."""
    model = _transferred()
    base = model.layers[1]
    base.trainable = True
    base.layers[0].trainable = False
    model.compile(keras.optimizers.Adam(1e-4), LABELS, metrics=["accuracy"])
    return model


def _mixed_pictures() -> keras.Model:
    policy = keras.DTypePolicy("mixed_float16")
    x = L.Input((8, 8, 3))
    h = L.Conv2D(4, 3, activation="relu", dtype=policy)(x)
    h = L.Dense(8, "relu", dtype=policy)(L.Flatten(dtype=policy)(h))
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), 2.0**10, 2)
    return compiled(x, L.Dense(3, "softmax", dtype="float32")(h), LABELS, optimizer)


AUGMENTATIONS: dict[str, tuple[Callable[[], L.Layer], ...]] = {
    "colours": (
        lambda: L.RandomBrightness(0.2, value_range=(0, 1)),
        lambda: L.RandomContrast(0.2, value_range=(0, 1)),
        lambda: L.RandomHue(0.2, value_range=(0, 1)),
        lambda: L.RandomSaturation(0.4, value_range=(0, 1)),
        lambda: L.RandomColorDegeneration(0.3, value_range=(0, 1)),
        lambda: L.RandomColorJitter((0, 1), 0.1, 0.1, 0.1, 0.1),
        lambda: L.RandomGrayscale(0.5),
    ),
    "levels": (
        lambda: L.RandomSharpness(0.3, value_range=(0, 1)),
        lambda: L.RandomPosterization(5, value_range=(0, 1)),
        lambda: L.RandomInvert(value_range=(0, 1)),
        lambda: L.Solarization(value_range=(0, 1)),
        lambda: L.AutoContrast(value_range=(0, 1)),
        lambda: L.ContrastLimitedAdaptiveHistogramEqualization(value_range=(0, 1)),
    ),
    "places": (
        lambda: L.RandomFlip(),
        lambda: L.RandomRotation(0.1),
        lambda: L.RandomTranslation(0.1, 0.1),
        lambda: L.RandomZoom(0.1),
        lambda: L.RandomShear(0.1, 0.1),
        lambda: L.RandomPerspective(),
    ),
    "erased, blurred, mixed": (
        lambda: L.RandomErasing(value_range=(0, 1)),
        lambda: L.RandomGaussianBlur(value_range=(0, 1)),
        lambda: L.MixUp(),
        lambda: L.CutMix(),
    ),
    "AugMix": (lambda: L.AugMix((0, 1)),),
    "RandAugment": (lambda: L.RandAugment((0, 1)),),
    "pipeline": (
        lambda: L.Pipeline([L.RandomFlip("horizontal"), L.RandomBrightness(0.1, (0, 1))]),
    ),
    "equalized": (lambda: L.Equalization(value_range=(0, 1)),),
    "elastic": (lambda: L.RandomElasticTransform(value_range=(0, 1)),),
    "random crop": (lambda: L.RandomCrop(7, 7),),
    "bounding boxes": (lambda: L.MaxNumBoundingBoxes(3),),
}

PICTURE_NETWORKS: dict[str, Case] = {
    "U-Net": Case(_u_net, EVEN, MASKS),
    "residual convolutions": Case(_residual, PICTURES, CLASSES),
    "depthwise blocks": Case(_mobile, EVEN, CLASSES),
    "inception with squeeze and excitation": Case(_squeezed, EVEN, CLASSES),
    "densely connected": Case(_dense_net, EVEN, CLASSES),
    "super-resolution": Case(_enlarged, EVEN[:, ::2, ::2], EVEN),
    "segmentation by classes": Case(_segmented, EVEN, (EVEN[..., 0] * 3).astype("int32")),
    "denoising autoencoder": Case(_autoencoder, EVEN, EVEN),
    "channels first": Case(_channels_first, np.moveaxis(PICTURES, -1, 1).copy(), CLASSES),
    "LeNet": Case(
        pictures(
            lambda: L.Conv2D(4, 3, activation="tanh"),
            lambda: L.AveragePooling2D(2),
            lambda: L.Conv2D(4, 2, activation="tanh"),
            L.Flatten,
            lambda: L.Dense(8, "tanh"),
        ),
        PICTURES,
        CLASSES,
    ),
    "VGG": Case(
        pictures(
            lambda: L.Conv2D(4, 3, padding="same", activation="relu"),
            lambda: L.Conv2D(4, 3, padding="same", activation="relu"),
            L.MaxPooling2D,
            lambda: L.Dropout(0.25),
        ),
        EVEN,
        CLASSES,
    ),
    "every layer for series": Case(_all_1d, SERIES, BINARY),
    "every layer for pictures": Case(_all_2d, PICTURES, CLASSES),
    "every layer for volumes": Case(_all_3d, VOLUMES, BINARY),
    "volumes transposed": Case(_transposed_3d, VOLUMES, VOLUMES),
    "WaveNet": Case(_wave_net, SERIES, SERIES[..., :1]),
    "spectrograms": Case(_spectrograms, SOUNDS, BINARY),
    "ConvLSTM2D": Case(
        sequential(
            lambda: L.ConvLSTM2D(2, 3, padding="same", return_sequences=True),
            lambda: L.ConvLSTM2D(2, 3),
            L.Flatten,
            sigmoid,
        ),
        FILMS,
        BINARY,
    ),
    "ConvLSTM3D": Case(
        sequential(lambda: L.ConvLSTM3D(1, 2), L.Flatten, sigmoid),
        VOLUMES.reshape(ROWS, 2, 4, 4, 2, 1),
        BINARY,
    ),
    "pictures frame by frame": Case(
        sequential(
            lambda: L.TimeDistributed(L.Conv2D(2, 3, activation="relu")),
            lambda: L.TimeDistributed(L.Flatten()),
            lambda: L.GRU(3),
            sigmoid,
        ),
        FILMS,
        BINARY,
    ),
    "transfer learning, base frozen": Case(_transferred, EVEN, CLASSES),
    "transfer learning, fine-tuned": Case(_unfrozen, EVEN, CLASSES),
    "mixed_float16 with loss scaling": Case(_mixed_pictures, EVEN, CLASSES),
    "depth multiplied": Case(
        pictures(
            lambda: L.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same"),
            lambda: L.SeparableConv2D(4, 3, depth_multiplier=2),
        ),
        PICTURES,
        CLASSES,
    ),
    "dilated depthwise": Case(
        pictures(lambda: L.DepthwiseConv2D(3, dilation_rate=2, activation="relu")),
        PICTURES,
        CLASSES,
    ),
    "counting heads": Case(
        sequential(
            lambda: L.Conv2D(4, 3, activation="relu", kernel_regularizer="l2"),
            L.GlobalAveragePooling2D,
            lambda: L.Dense(1, "softplus"),
            loss="poisson",
        ),
        PICTURES,
        np.abs(np.round(NUMBERS)),
    ),
    "patches into a mixer": Case(
        pictures(
            lambda: L.Conv2D(4, 3, strides=3),
            lambda: L.Reshape((9, 4)),
            lambda: L.LayerNormalization(),
            lambda: L.EinsumDense("bnc,nm->bmc", output_shape=(9, 4), activation="gelu"),
        ),
        PICTURES,
        CLASSES,
    ),
    "pictures by ops": Case(
        sequential(
            lambda: L.Lambda(lambda t: ops.image.resize(t, (4, 4))),
            lambda: L.Lambda(lambda t: ops.fft2((t, ops.zeros_like(t)))[0]),
            L.Flatten,
            lambda: L.Dense(3, "softmax"),
            loss=LABELS,
        ),
        PICTURES,
        CLASSES,
    ),
    **{
        f"augmentation: {name}": Case(
            pictures(*stack, lambda: L.Conv2D(2, 3, activation="relu")), PICTURES, CLASSES
        )
        for name, stack in AUGMENTATIONS.items()
    },
}
