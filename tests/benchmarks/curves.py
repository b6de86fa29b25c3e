"""How the cost of training grows with the images, the width, the depth and the batch size."""

import tracemalloc
from typing import Any

import numpy as np

from tests.benchmarks import networks
from tests.benchmarks.training import run_floor, run_ours


def measure(X: np.ndarray, y: np.ndarray, quick: bool) -> dict[str, Any]:
    """For each of four axes: its values, seconds an epoch of ours and of the floor, and megabytes beyond the images."""
    n = 3_200 if quick else 12_800
    base = {"images": n, "width": 128, "depth": 3, "batch": 128}
    axes = {
        "images": [n // 4, n // 2, n, 2 * n, 4 * n],
        "width": [32, 64, 128, 256, 512, 1024],
        "depth": [1, 2, 4, 8, 16],
        "batch": [16, 32, 64, 128, 256, 512, 1024],
    }
    result = {}
    for axis, values in axes.items():
        values = values[:-1] if quick else values
        lines: dict[str, list[float]] = {"ours": [], "floor": [], "memory": []}
        for value in values:
            at = {**base, axis: value}
            sizes = [784, *[at["width"]] * at["depth"], 10]
            few = X[: at["images"]], y[: at["images"]]
            steps = -(-at["images"] // at["batch"])
            ours = run_ours(networks.dense(sizes), at["batch"], *few, 1)
            floor = run_floor(networks.dense(sizes), at["batch"], few[0], 1)
            ours()
            floor()
            pairs = [(ours(), floor()) for _ in range(1 if quick else 3)]
            for name, seconds in zip(("ours", "floor"), np.median(pairs, axis=0), strict=True):
                lines[name].append(float(seconds * steps))
            tracemalloc.start()
            run_ours(networks.dense(sizes), at["batch"], *few, 1)()
            lines["memory"].append(tracemalloc.get_traced_memory()[1] / 1e6)
            tracemalloc.stop()
        result[axis] = {"values": values, **lines}
    return {"base": base, "axes": result}
