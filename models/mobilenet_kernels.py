"""Quick kernels for training a MobileNet on a CPU: PyTorch with ``mobilenet_kernels.cpp``.

PyTorch's own take three times as long for the depthwise convolutions and the normalisations, in
bfloat16 with channels last. The C++ is compiled at the first use (half a minute) and kept in
PyTorch's cache. Where PyTorch or a compiler is missing, the layers of `models.emotion_nets` do
without.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import torch
from torch.utils.cpp_extension import load

SOURCE = Path(__file__).with_suffix(".cpp")
# Channels come in blocks of so many.
BLOCK = 32


@functools.cache
def _compiled() -> Any:  # noqa: ANN401 - a module made at run time
    flags = ["-O3", "-march=native", "-mprefer-vector-width=512", "-fopenmp", "-fno-math-errno"]
    return load("moodring_mobilenet", [str(SOURCE)], extra_cflags=flags, extra_ldflags=["-fopenmp"])


def fits(x: object) -> bool:
    """Say whether the kernels can take this picture [shape=(n, channels, height, width)]."""
    return (
        isinstance(x, torch.Tensor)
        and x.dtype == torch.bfloat16
        and x.device.type == "cpu"
        and x.shape[1] % BLOCK == 0
    )


def _last(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous(memory_format=torch.channels_last)


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, kernel: torch.Tensor, stride: int) -> torch.Tensor:  # noqa: ANN401 - PyTorch's own context
        x, kernel = _last(x), kernel.contiguous()
        ctx.save_for_backward(x, kernel)
        ctx.stride = stride
        return _compiled().depthwise(x, kernel, stride)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, None]:  # noqa: ANN401 - PyTorch's own context
        x, kernel = ctx.saved_tensors
        of_x, of_kernel = _compiled().depthwise_backward(_last(gradient), x, kernel, ctx.stride)
        return of_x, of_kernel.reshape(kernel.shape), None


def depthwise(x: torch.Tensor, kernel: torch.Tensor, stride: int) -> torch.Tensor:
    """Return the depthwise convolution of a picture padded by one pixel.

    Parameters
    ----------
    x : bfloat16 [shape=(n, channels, height, width)]
    kernel : float32 [shape=(3, 3, channels)]
    stride : int, 1 or 2
    """
    return _Depthwise.apply(x, kernel, stride)


class _Normalised(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - PyTorch's own context
        x: torch.Tensor,
        gamma: torch.Tensor,
        beta: torch.Tensor,
        epsilon: float,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        x = _last(x)
        y, mean, variance = _compiled().normalise(x, gamma, beta, epsilon)
        ctx.save_for_backward(x, mean, variance, gamma, beta)
        ctx.epsilon = epsilon
        ctx.mark_non_differentiable(mean, variance)
        return y, mean, variance

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor, *_: object) -> tuple[torch.Tensor | None, ...]:  # noqa: ANN401 - PyTorch's own context
        found = _compiled().normalise_backward(_last(gradient), *ctx.saved_tensors, ctx.epsilon)
        return (*found, None)


def normalise(
    x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor, epsilon: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Normalise over the batch and clip to 0..6; also return the batch's mean and variance.

    Parameters
    ----------
    x : bfloat16 [shape=(n, channels, height, width)]
    gamma, beta : float [shape=(channels,)], factor and summand after the normalisation
    epsilon : float, > 0, added to the variance
    """
    return _Normalised.apply(x, gamma.float(), beta.float(), epsilon)
