"""Keeping weights and gradients small: never biases, which a penalty would only shift."""

from collections.abc import Iterable, Sequence
from math import isfinite

import numpy as np

from dnn.base.types import Array
from dnn.network import Weight


def add_l1_gradient(weights: Iterable[Weight], l1: float) -> None:
    """dW ← dW + λ sign(W), in place: the gradient of the penalty λ Σ |W|, taken as 0 at 0; λ = l1, at least 0.

    Source: Tibshirani 1996, "Regression shrinkage and selection via the lasso". Together with `add_l2_gradient` it is
    the elastic net: Zou & Hastie 2005, "Regularization and variable selection via the elastic net".
    """
    for weight in weights:
        np.sign(weight.W, out=weight.scratch)
        np.multiply(weight.scratch, l1, out=weight.scratch)
        np.add(weight.dW, weight.scratch, out=weight.dW)


def add_l2_gradient(weights: Iterable[Weight], l2: float) -> None:
    """dW ← dW + λ W, in place: the gradient of the penalty λ/2 Σ W²; λ = l2, at least 0.

    Source: Krogh & Hertz 1992, "A simple weight decay can improve generalization".
    """
    for weight in weights:
        np.multiply(weight.W, l2, out=weight.scratch)
        np.add(weight.dW, weight.scratch, out=weight.dW)


def decay(weights: Iterable[Weight], amount: float) -> None:
    """W ← (1 - amount) W, in place, where amount is learning rate times weight decay: the same for every optimizer.

    Source: Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2, line 12.
    """
    for weight in weights:
        np.multiply(weight.W, 1 - weight.factor * amount, out=weight.W)


def max_norm(weights: Iterable[Weight], limit: float) -> None:
    """W_k ← W_k min(1, limit / ‖W_k‖), where W_k are the weights into unit (or filter) k, the last axis of W.

    Args:
        weights: their W, (..., units), changes in place.
        limit: above 0.

    Source: Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting", section 5.1.
    """
    for weight in weights:
        rows = weight.W.reshape(-1, weight.W.shape[-1])
        norms = np.sqrt(np.einsum("ik,ik->k", rows, rows))
        np.multiply(weight.W, limit / np.maximum(norms, limit), out=weight.W)


def clip_by_norm(grads: Array, limit: float, segments: Sequence[tuple[slice, float]] | None = None) -> float:
    """g ← g min(1, limit / ‖g‖); returns the norm ‖g‖ that it had.

    Args:
        grads: (size,) gradient, changes in place.
        limit: above 0.
        segments: the parts that count, as of `dnn.network.Network.segments`; None means all of it. Frozen layers have
            gradients of their last step, or none that mean anything.

    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks", algorithm 1.
    """
    parts = [grads] if segments is None else [grads[part] for part, _ in segments]
    norm = sum(float(np.vdot(g, g)) for g in parts) ** 0.5
    if not isfinite(norm):  # squares beyond float32, of gradients that need not be
        norm = sum(float(np.square(g, dtype=np.float64).sum()) for g in parts) ** 0.5
    if norm > limit:
        for g in parts:
            np.multiply(g, limit / norm, out=g)
    return norm


def clip_by_value(grads: Array, limit: float) -> None:
    """g ← min(max(g, -limit), limit), element by element; grads: (size,) changes in place, limit is above 0.

    Source: Mikolov 2012, "Statistical language models based on neural networks" (thesis).
    """
    np.clip(grads, -limit, limit, out=grads)
