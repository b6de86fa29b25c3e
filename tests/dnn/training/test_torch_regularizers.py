import numpy as np
import pytest

from dnn.network import Weight
from dnn.training.regularizers import clip_by_norm, clip_by_value, max_norm

torch = pytest.importorskip("torch")
each_limit = pytest.mark.parametrize("limit", [0.5, 2.0, 100.0])


def vectors():
    return np.random.default_rng(0).normal(size=50).astype(np.float32)


def with_grad(g):
    w = torch.zeros(len(g), requires_grad=True)
    w.grad = torch.from_numpy(g.copy())
    return w


@each_limit
def test_clip_by_norm(limit):
    ours = vectors()
    theirs = with_grad(ours)
    norm = torch.nn.utils.clip_grad_norm_([theirs], limit).item()
    assert clip_by_norm(ours, limit) == pytest.approx(norm, rel=1e-5)
    np.testing.assert_allclose(ours, theirs.grad, rtol=1e-5)


@each_limit
def test_clip_by_value(limit):
    ours = vectors()
    theirs = with_grad(ours)
    torch.nn.utils.clip_grad_value_([theirs], limit)
    clip_by_value(ours, limit)
    np.testing.assert_array_equal(ours, theirs.grad)


@each_limit
@pytest.mark.parametrize("shape", [(6, 4), (3, 3, 2, 4)], ids=["dense", "conv"])
def test_max_norm(limit, shape):
    W = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    expected = torch.renorm(torch.from_numpy(W.copy()), p=2, dim=len(shape) - 1, maxnorm=limit)
    max_norm([Weight(W, W, np.empty_like(W))], limit)
    np.testing.assert_allclose(W, expected, rtol=1e-5)
