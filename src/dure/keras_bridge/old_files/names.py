"""Words of Keras 1 and 2 and what Keras 3 says for them: classes, arguments, values."""

from __future__ import annotations

from typing import Any, Final

CLASSES: Final = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "AtrousConv1D": "Conv1D",
    "AtrousConv2D": "Conv2D",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconv2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
    "TimeDistributedDense": "Dense",
}
"""Layers, by the name they had."""

GONE: Final = (
    "AtrousConvolution3D",
    "DenseFeatures",
    "Highway",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "MaxoutDense",
    "ModuleWrapper",
    "ParametricSoftplus",
    "RandomHeight",
    "RandomWidth",
    "SlicingOpLambda",
    "SReLU",
    "TensorFlowOpLayer",
    "TFOpLambda",
)
"""Layers of Keras 1, 2 and TensorFlow that Keras 3 has nothing for."""

ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    "output_dim": ("units",),
    "nb_filter": ("filters",),
    "filter_length": ("kernel_size",),
    "subsample": ("strides",),
    "subsample_length": ("strides",),
    "stride": ("strides",),
    "pool_length": ("pool_size",),
    "length": ("size",),
    "atrous_rate": ("dilation_rate",),
    "border_mode": ("padding",),
    "dim_ordering": ("data_format",),
    "bias": ("use_bias",),
    "init": (
        "kernel_initializer",
        "embeddings_initializer",
        "alpha_initializer",
        "depthwise_initializer",
        "pointwise_initializer",
    ),
    "inner_init": ("recurrent_initializer",),
    "gamma_init": ("gamma_initializer",),
    "beta_init": ("beta_initializer",),
    "inner_activation": ("recurrent_activation",),
    "W_regularizer": ("kernel_regularizer", "embeddings_regularizer"),
    "U_regularizer": ("recurrent_regularizer",),
    "b_regularizer": ("bias_regularizer",),
    "W_constraint": ("kernel_constraint", "embeddings_constraint"),
    "U_constraint": ("recurrent_constraint",),
    "b_constraint": ("bias_constraint",),
    "dropout_W": ("dropout",),
    "dropout_U": ("recurrent_dropout",),
    "p": ("rate",),
    "sigma": ("stddev",),
    "theta": ("threshold",),
    "alpha": ("negative_slope",),
    "m": ("max_value",),
    "lr": ("learning_rate",),
}
"""An argument that a class takes no more: what it takes for it, all of these that it has."""

ANY: Final = object()

IDLE: Final[dict[str, Any]] = {
    # How it was computed, not what.
    "implementation": ANY,
    "consume_less": ANY,
    "fused": ANY,
    "jit_compile": ANY,
    "is_legacy_optimizer": ANY,
    "autocast": ANY,
    "experimental_autocast": ANY,
    "experimental_aggregate_gradients": ANY,
    # What the shapes say anyway.
    "input_length": ANY,
    "input_dim": ANY,
    "input_shape": ANY,
    "batch_input_shape": ANY,
    "batch_input_dtype": ANY,
    "input_dtype": ANY,
    "build_input_shape": ANY,
    "query_shape": ANY,
    "key_shape": ANY,
    "value_shape": ANY,
    "output_shape": ANY,
    "data_format": ("channels_last", None),
    # Off, as most files have it.
    "time_major": (False, None),
    "groups": (1, None),
    "dilation_rate": (1, [1], [1, 1], [1, 1, 1], None),
    "output_padding": (None,),
    "renorm": (False, None),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "mode": (0,),
    "causal": (False, None),
    "ragged": (False, None),
    "sparse": (False, None),
    "dynamic": (False, None),
    "noise_shape": (None,),
    "trainable": ANY,
    "weights": (None,),
    "dropout": (0, None),
    "decay": (0, None),
    "schedule_decay": ANY,
    "init_from_thresholds": ANY,
    "summation_method": ANY,
    # Of arguments that are idle themselves.
    "renorm_clipping": ANY,
    "renorm_momentum": ANY,
    "kernel_initializer": ANY,
    "kernel_regularizer": (None,),
    "kernel_constraint": (None,),
    "dtype": ANY,
}
"""Arguments a class no longer takes, and the values at which they say nothing."""

DATA_FORMATS: Final = {"th": "channels_first", "tf": "channels_last"}

MERGES: Final = {
    "sum": ("Add", {}),
    "mul": ("Multiply", {}),
    "ave": ("Average", {}),
    "max": ("Maximum", {}),
    "concat": ("Concatenate", {"concat_axis": "axis"}),
    "dot": ("Dot", {"dot_axes": "axes"}),
}
"""Keras 1's Merge by its mode: today's class, and its arguments by today's names."""

REGULARIZERS: Final = {
    "WeightRegularizer": "L1L2",
    "ActivityRegularizer": "L1L2",
    "L1L2Regularizer": "L1L2",
}

WITH_STATE: Final = ("LSTM", "GRU", "SimpleRNN", "RNN", "ConvLSTM2D", "Bidirectional")
"""Layers that were called with [sequence, state, ...] in one list."""
