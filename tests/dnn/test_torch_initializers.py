import numpy as np
import pytest

from dnn.layers import layer_from_config
from dnn.network import Network

torch = pytest.importorskip("torch")

THEIRS = {
    "xavier_uniform": torch.nn.init.xavier_uniform_,
    "xavier_normal": torch.nn.init.xavier_normal_,
    "he_uniform": lambda W, generator: torch.nn.init.kaiming_uniform_(W, nonlinearity="relu", generator=generator),
    "he_normal": lambda W, generator: torch.nn.init.kaiming_normal_(W, nonlinearity="relu", generator=generator),
    "lecun_uniform": lambda W, generator: torch.nn.init.kaiming_uniform_(W, nonlinearity="linear", generator=generator),
    "lecun_normal": lambda W, generator: torch.nn.init.kaiming_normal_(W, nonlinearity="linear", generator=generator),
}


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize(
    ("layer", "input_shape", "shape"),
    [
        ({"kind": "dense", "units": 250}, (400,), (250, 400)),
        ({"kind": "conv", "filters": 60, "kernel": [3, 5]}, (8, 8, 100), (60, 100, 3, 5)),
    ],
    ids=["dense", "conv"],
)
def test_the_spread_is_pytorchs(layer, input_shape, shape, name):
    network = Network([layer_from_config(layer | {"initializer": name})], input_shape)
    network.initialize(np.random.default_rng(0))
    ours = network.layers[0].parameters["W"]
    theirs = THEIRS[name](torch.empty(shape), generator=torch.Generator().manual_seed(0)).numpy()
    assert ours.std() == pytest.approx(theirs.std(), rel=0.01)  # 90,000 draws: 0.2 % is a standard error
    assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.2 if name.endswith("normal") else 0.001)
