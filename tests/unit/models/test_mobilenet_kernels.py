"""The quick kernels: the same as PyTorch's own in double precision, and as Keras' layers."""

from __future__ import annotations

import shutil

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not among the project's requirements")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("ninja") is None, reason="needs a compiler and ninja"),
]
# Eight bits of a number are kept.
ROUNDING = 0.005


def distance(found: object, expected: object) -> float:
    one, other = found.double(), expected.double()  # type: ignore[attr-defined]
    return float((one - other).norm() / other.norm())


def pictures(channels: int, side: int) -> object:
    made = torch.randn(3, channels, side, side, generator=torch.Generator().manual_seed(1))
    return made.bfloat16().to(memory_format=torch.channels_last)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("channels", "side"), [(32, 11), (64, 12), (96, 1)])
def test_a_depthwise_convolution_and_its_gradients(channels: int, side: int, stride: int) -> None:
    from models import mobilenet_kernels as quick

    x, kernel = pictures(channels, side), torch.randn(3, 3, channels)
    ours, theirs = [
        (x.to(kind).requires_grad_(), kernel.clone().to(other).requires_grad_())
        for kind, other in ((torch.bfloat16, torch.float32), (torch.float64, torch.float64))
    ]
    found = quick.depthwise(*ours, stride)
    weights = theirs[1].permute(2, 0, 1)[:, None]
    expected = torch.nn.functional.conv2d(theirs[0], weights, None, stride, 1, 1, channels)
    assert found.shape == expected.shape
    gradient = torch.randn(expected.shape).bfloat16()
    found.backward(gradient)
    expected.backward(gradient.double())
    assert distance(found, expected) < ROUNDING
    for one, other in zip(ours, theirs, strict=True):
        assert distance(one.grad, other.grad) < ROUNDING


def test_a_clipped_normalisation_and_its_gradients() -> None:
    from models import mobilenet_kernels as quick

    x, scale, offset = pictures(64, 9), 3 * torch.rand(64) + 0.1, torch.randn(64)
    ours = [x.clone().requires_grad_(), *(v.clone().requires_grad_() for v in (scale, offset))]
    theirs = [v.double().requires_grad_() for v in (x, scale, offset)]
    found, mean, variance = quick.normalise(*ours, 1e-5)
    normalised = torch.nn.functional.batch_norm(
        theirs[0], None, None, theirs[1], theirs[2], training=True, eps=1e-5
    )
    expected = torch.nn.functional.relu6(normalised)
    gradient = torch.randn(expected.shape).bfloat16()
    found.backward(gradient)
    expected.backward(gradient.double())
    assert distance(mean, x.double().mean((0, 2, 3))) < ROUNDING
    assert distance(variance, x.double().var((0, 2, 3), correction=0)) < ROUNDING
    assert distance(found, expected) < ROUNDING
    for one, other in zip(ours, theirs, strict=True):
        assert distance(one.grad, other.grad) < ROUNDING
