"""Whether all rivals compute the same, so that their times can be compared."""

import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from dnn.network import Network
from tests.benchmarks import networks, with_sklearn, with_torch

TINY = 1e-15


def same_losses(network: Network, batch_size: int, X: np.ndarray, y: np.ndarray, sklearn: bool = False) -> None:
    """Say how far the losses of copies are apart, from a process that takes PyTorch with it when it ends."""
    steps = min(5 if network.has_images else 20, len(X) // batch_size)
    few = X[: steps * batch_size], y[: steps * batch_size]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        difference = pool.submit(check_same, network, batch_size, *few, sklearn, steps).result()
    print(f"same losses over {steps} steps, largest difference {difference:.1e}", flush=True)


def check_same(network: Network, batch_size: int, X: np.ndarray, y: np.ndarray, sklearn: bool, steps: int) -> float:
    """Train copies with the same weights on the same batches; the largest difference between losses.

    In float64: Adam's first steps follow the signs of gradients, so that in float32 rounding alone takes losses of the
    convolutional network apart by 0.003 within 20 steps. What PyTorch compiles is the same code.

    Raises:
        SystemExit: it is above 1e-4, so that times would compare different things.
    """
    parts = [slice(k * batch_size, (k + 1) * batch_size) for k in range(steps)]
    network = Network.from_config(network.config(), network.params.astype(np.float64), network.state)
    X = X.astype(np.float64)
    ours = own_losses(network, batch_size, X, y, parts)
    batches = (with_torch.tensors(X[p], y[p], network.has_images) for p in parts)
    losses = with_torch.torch_steps(network, "PyTorch fused")(batches)
    worst = {"PyTorch": np.abs(np.subtract(losses, ours)).max()}
    if sklearn:
        # scikit-learn adds epsilon before it corrects the bias, which moves weights with tiny gradients otherwise
        model = with_sklearn.sklearn_copy(network, batch_size).set_params(epsilon=TINY)
        with warnings.catch_warnings(action="ignore"):
            losses = [model.partial_fit(X[p], y[p]).loss_ for p in parts]
        worst["scikit-learn"] = np.abs(np.subtract(losses, own_losses(network, batch_size, X, y, parts, TINY))).max()
    for name, difference in worst.items():
        if difference > 1e-4:
            raise SystemExit(
                f"error: {name} and ours differ by {difference:.1e} within {steps} steps: not the same work"
            )
    return float(max(worst.values()))


def own_losses(
    network: Network, batch_size: int, X: np.ndarray, y: np.ndarray, parts: list[slice], epsilon: float = 1e-8
) -> list[float]:
    copy = Network.from_config(network.config(), network.params, network.state)
    own = networks.trainer(copy, batch_size, 1, 1)
    own.optimizer.epsilon = epsilon
    Y = np.eye(10, dtype=X.dtype)[y]
    return [own.step(X[p], Y[p], networks.RATE)[0] for p in parts]
