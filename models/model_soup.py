"""The mean of the weights of several trainings of one net: a model soup.

Wortsman et al., "Model soups: averaging weights of multiple fine-tuned models improves accuracy
without increasing inference time", ICML 2022. The trainings must have begun with the same weights.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras
import numpy as np
from keras import layers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.emotion_data import AugmentedFaces

# Batches from which the input statistics of the normalisations are computed.
STATISTICS_BATCHES = 40


def average_weights(net: keras.Model, paths: Sequence[Path], batches: AugmentedFaces) -> None:
    """Load the mean of the weights in the files, and recompute the batch statistics.

    The means of the files' statistics would not fit the averaged net.
    """
    read = []
    for path in paths:
        net.load_weights(path)
        read.append(net.get_weights())
    net.set_weights([np.mean(arrays, axis=0) for arrays in zip(*read, strict=True)])
    normalisations = [one for one in net.layers if isinstance(one, layers.BatchNormalization)]
    momenta = [layer.momentum for layer in normalisations]
    for seen in range(min(STATISTICS_BATCHES, len(batches))):
        for layer in normalisations:
            # The moving statistics become the mean over all batches seen.
            layer.momentum = seen / (seen + 1)
        faces, _ = batches[seen]
        net(keras.ops.convert_to_tensor(faces), training=True)
    for layer, momentum in zip(normalisations, momenta, strict=True):
        layer.momentum = momentum
