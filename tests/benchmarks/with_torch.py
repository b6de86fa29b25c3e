"""The same networks, steps and whole trainings in PyTorch, with the same weights to begin with."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from dnn.batches.augmentation import Augmentation, gaussian_matrix
from dnn.batches.minibatches import batch_sizes
from dnn.layers import Conv2D, Dense, MaxPool
from dnn.network import Network
from dnn.training.learning_rate import LearningRate
from dnn.training.recipe import Training
from tests.benchmarks.clock import seconds
from tests.benchmarks.networks import DECAY, RATE
from tests.benchmarks.setting import THREADS

KINDS = ("PyTorch fused", "PyTorch compiled")
# options of a recipe that `run_training` follows; the others must be off
FOLLOWED = {"epochs", "batch_size", "optimizer", "learning_rate", "schedule", "schedule_options", "warmup_epochs",
            "weight_decay", "label_smoothing", "augmentation", "threads"}  # fmt: skip


class FlattenLast(nn.Module):
    """Channels last, as in ours: without a copy, where they lie so in memory."""

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        return X.permute(0, 2, 3, 1).flatten(1)


def torch_copy(network: Network) -> nn.Module:
    """The same network in PyTorch, channels last."""
    modules: list[nn.Module] = []
    shape = network.input_shape
    for layer, out in zip(network.layers, network.output_shapes, strict=True):
        values = {name: torch.from_numpy(value.copy()) for name, value in layer.parameters.items()}
        if isinstance(layer, Dense):
            modules.append(nn.Linear(shape[0], out[0]))
            modules[-1].weight.data, modules[-1].bias.data = values["W"].T.contiguous(), values["b"]
        elif isinstance(layer, Conv2D):
            kernel = layer.kernel
            padding = kernel // 2 if layer.padding == "same" else 0
            modules.append(nn.Conv2d(shape[2], out[2], kernel, layer.stride, padding, bias=layer.bias))
            modules[-1].weight.data = values["W"].permute(3, 2, 0, 1).contiguous()
            if layer.bias:
                modules[-1].bias.data = values["b"]
        else:
            modules.append(without_weights(layer, out))
        shape = out
    double = network.params.dtype == np.float64
    return nn.Sequential(*modules).to(torch.float64 if double else torch.float32, memory_format=torch.channels_last)


def without_weights(layer: Any, out: tuple[int, ...]) -> nn.Module:
    """A layer of another kind, which starts as it always does."""
    if isinstance(layer, MaxPool):
        return nn.MaxPool2d(layer.size, layer.stride)
    if layer.kind == "globalavgpool":
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    if layer.kind == "batchnorm":
        return nn.BatchNorm2d(out[-1]) if len(out) == 3 else nn.BatchNorm1d(out[-1])
    return {"relu": nn.ReLU, "flatten": FlattenLast}[layer.kind]()


def make_optimizer(net: nn.Module, name: str, rate: float, decay: float) -> torch.optim.Optimizer:
    """Adam or AdamW, fused; as in ours, biases and what normalisation learns do not decay."""
    if name == "adam" and not decay:
        return torch.optim.Adam(net.parameters(), rate, fused=True)
    if name not in ("adam", "adamw"):
        raise SystemExit(f"error: the optimizer {name} has no counterpart in tests/benchmarks/with_torch.py")
    kinds = [[p for p in net.parameters() if (p.ndim > 1) == decays] for decays in (True, False)]
    groups = [{"params": p, "weight_decay": d} for p, d in zip(kinds, (decay, 0.0), strict=True)]
    return torch.optim.AdamW(groups, rate, fused=True)


def tensors(X: np.ndarray, y: np.ndarray, image: bool) -> tuple[Any, Any]:
    pixels = torch.from_numpy(X)
    if image:
        pixels = pixels.reshape(-1, 1, 28, 28).contiguous(memory_format=torch.channels_last)
    return pixels, torch.from_numpy(y.astype(np.int64))


def torch_steps(network: Network, kind: str) -> Callable[[Iterator[tuple[Any, Any]]], list[float]]:
    """A function that takes training steps over batches of tensors and answers the loss of each."""
    net, loss_of = torch_copy(network), nn.CrossEntropyLoss()
    decay = DECAY if network.has_images else 0.0
    optimizer = make_optimizer(net, "adamw" if decay else "adam", RATE, decay)

    def forward(X: Any, y: Any) -> Any:
        return loss_of(net(X), y)

    compute = torch.compile(forward) if kind == "PyTorch compiled" else forward

    def steps(batches: Iterator[tuple[Any, Any]]) -> list[float]:
        losses = []
        for X, y in batches:
            optimizer.zero_grad(set_to_none=True)
            loss = compute(X, y)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return steps


def run_steps(network: Network, kind: str, batch_size: int, X: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """Seconds a step, of one epoch over X."""
    torch.set_num_threads(THREADS)
    images, digits = tensors(X, y, network.has_images)
    steps = torch_steps(network, kind)

    def batches() -> Iterator[tuple[Any, Any]]:
        for rows in torch.randperm(len(X)).split(batch_sizes(len(X), batch_size)):
            yield images[rows], digits[rows]

    return lambda: seconds(lambda: steps(batches())) / len(batch_sizes(len(X), batch_size))


class Distorter:
    """Random affine maps and elastic fields in the style of torchvision's RandomAffine and ElasticTransform.

    torchvision is not installed; this is the fastest form of it: `affine_grid` and `grid_sample`, drawn once for a
    mini-batch, as torchvision does for a batch of tensors, and as ours does, with the same ranges.
    """

    def __init__(self, ranges: Augmentation, generator: torch.Generator) -> None:
        self.ranges, self.generator = ranges, generator
        self.smooth = torch.from_numpy(gaussian_matrix(28, ranges.elastic_sigma))

    def __call__(self, X: torch.Tensor) -> torch.Tensor:
        """X: (batch, 784), all under one new distortion."""
        r = self.ranges
        turn, width, height, lean, right, down = (2 * torch.rand(6, generator=self.generator) - 1).tolist()
        angle = np.deg2rad(r.rotation * turn)
        rotate = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        affine = rotate @ np.array([[1, 0], [r.shear * lean, 1]]) / (1 + r.scale * np.array([[width], [height]]))
        shift = np.array([[right], [down]]) * r.shift * 2 / 28  # in grids from -1 to 1
        theta = torch.from_numpy(np.float32(np.hstack([affine, shift])))[None]
        grid = nn.functional.affine_grid(theta, [1, 1, 28, 28], align_corners=False)
        if r.elastic:
            noise = torch.randn(2, 28, 28, generator=self.generator)
            grid = grid + (self.smooth @ noise @ self.smooth.T * (r.elastic * 2 / 28)).permute(1, 2, 0)
        images = X.reshape(1, -1, 28, 28)  # one image of many channels: its grid is worked out once
        return nn.functional.grid_sample(images, grid, align_corners=False).reshape(len(X), -1)


def run_training(
    start: Callable[[int], Network], recipe: Training, X: np.ndarray, y: np.ndarray, seed: int
) -> tuple[float, nn.Module]:
    """Seconds of a training by this recipe, with the same rates in every step, and what came of it.

    Args:
        start: makes the network with its starting weights from a seed.

    Raises:
        SystemExit: the recipe has something that this does not follow.
    """
    plain = Training()
    for name, value in vars(recipe).items():
        if name not in FOLLOWED and value and value != getattr(plain, name):
            raise SystemExit(f"error: {name}={value} has no counterpart in tests/benchmarks/with_torch.py")
    begin = time.perf_counter()
    generator = torch.Generator().manual_seed(seed)
    network = start(seed)
    net, loss_of = torch_copy(network), nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    optimizer = make_optimizer(net, recipe.optimizer, recipe.learning_rate, recipe.weight_decay)
    images, digits = tensors(X, y, False)
    sizes = batch_sizes(len(X), recipe.batch_size)
    rate_of = LearningRate.of(recipe, len(sizes))
    distort = Distorter(recipe.augmentation, generator) if recipe.augmentation else None
    step = 0
    for _ in range(recipe.epochs):
        for rows in torch.randperm(len(X), generator=generator).split(sizes):
            batch = distort(images[rows]) if distort else images[rows]
            for group in optimizer.param_groups:
                group["lr"] = rate_of(step)
            optimizer.zero_grad(set_to_none=True)
            loss_of(net(as_input(batch, network)), digits[rows]).backward()
            optimizer.step()
            step += 1
    return time.perf_counter() - begin, net.eval()


def as_input(batch: torch.Tensor, network: Network) -> torch.Tensor:
    """(batch, 784), or images with their one channel last in memory."""
    if not network.has_images:
        return batch
    return batch.reshape(-1, 1, 28, 28).to(memory_format=torch.channels_last)
