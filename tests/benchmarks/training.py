"""Rows of the benchmark that take a training step, without augmentation."""

from collections.abc import Iterator
from functools import partial

from dnn.network import Network
from tests.benchmarks import networks, recipes, with_sklearn, with_torch
from tests.benchmarks.clock import Maker, Row, race
from tests.benchmarks.floor import run_floor
from tests.benchmarks.networks import run_ours
from tests.benchmarks.same import same_losses
from tests.benchmarks.setting import Setting

FUSED = with_torch.KINDS[:1]


def small(setting: Setting) -> Iterator[Row]:
    """The default network, against PyTorch, against scikit-learn, and against what no step can do without."""
    network, n = networks.dense(networks.SMALL), 6_400 if setting.quick else 12_800
    images, digits = setting.train.images[:n], setting.train.digits[:n]
    same_losses(network, 128, images, digits, sklearn=True)
    ours, repeats = partial(run_ours, network, 128, images, digits), setting.repeats
    floors = {f"floor, {name}": partial(run_floor, network, 128, images, threads)
              for name, threads in (("1 thread", 1), ("2 threads", 2))}  # fmt: skip
    yield race(
        "training step, 784-128-64-32-10, batch 128",
        0.7, ours, peers(setting, network, 128, n, FUSED), repeats,
    )  # fmt: skip
    yield race(
        "the same, against scikit-learn",
        0.5, ours, {"scikit-learn": partial(with_sklearn.run_steps, network, 128, images, digits)}, repeats,
    )  # fmt: skip
    yield race(
        "the same, against its own products, gather and Adam",
        1.35, ours, floors, repeats,
    )  # fmt: skip


def large(setting: Setting) -> Iterator[Row]:
    network = networks.dense(networks.LARGE)
    yield step(setting, "training step, 784-1024-1024-512-10, batch 256", 0.8, network, 256, 5_120)


def convolutions(setting: Setting) -> Iterator[Row]:
    work, network = "training step, 188,530-parameter CNN, batch 128", networks.convolutional()
    yield step(setting, work, 1.0, network, 128, 768, with_torch.KINDS)


def kernels(setting: Setting) -> Iterator[Row]:
    """Convolutions that are not 3x3 with stride 1."""
    speedrun = networks.described(recipes.options(recipes.speedrun())["hidden_layers"])
    for what, network in (
        ("strided kernels 5x5 and 3x3 (speedrun)", speedrun),
        ("stride 2", networks.strided()),
        ("kernels 1x1", networks.bottleneck()),
    ):
        yield step(setting, f"training step, CNN with {what}, batch 128", 1.0, network, 128, 1_280)


def step(
    setting: Setting, work: str, goal: float, network: Network, batch_size: int, n: int, kinds: tuple[str, ...] = FUSED
) -> Row:
    """The row of a network, timed on n images."""
    images, digits = setting.train.images[:n], setting.train.digits[:n]
    same_losses(network, batch_size, images, digits)
    ours = partial(run_ours, network, batch_size, images, digits)
    return race(work, goal, ours, peers(setting, network, batch_size, n, kinds), min(3, setting.repeats))


def peers(setting: Setting, network: Network, batch_size: int, n: int, kinds: tuple[str, ...]) -> dict[str, Maker]:
    """PyTorch's ways; to compile takes long, and no dense network was faster for it in the record of amd-epyc."""
    images, digits = setting.train.images[:n], setting.train.digits[:n]
    kinds = FUSED if setting.quick else kinds
    return {kind: partial(with_torch.run_steps, network, kind, batch_size, images, digits) for kind in kinds}
