import numpy as np
import pytest

from dnn.network import Weight
from dnn.training.optimizers import OPTIMIZERS, make_optimizer
from dnn.training.regularizers import decay
from dnn.training.schedules import make_schedule

torch = pytest.importorskip("torch")
optim = torch.optim

# name, our options, theirs; an epsilon that matters where there is one
CASES = [
    ("sgd", {}, optim.SGD, {}),
    ("momentum", {"momentum": 0.8}, optim.SGD, {"momentum": 0.8}),
    ("nesterov", {"momentum": 0.8}, optim.SGD, {"momentum": 0.8, "nesterov": True}),
    ("adagrad", {}, optim.Adagrad, {}),
    ("adagrad", {"epsilon": 0.1}, optim.Adagrad, {"eps": 0.1}),
    ("rmsprop", {"rho": 0.99}, optim.RMSprop, {}),
    ("rmsprop", {"rho": 0.8, "epsilon": 0.1}, optim.RMSprop, {"alpha": 0.8, "eps": 0.1}),
    ("adam", {}, optim.Adam, {}),
    ("adam", {"beta1": 0.8, "beta2": 0.99, "epsilon": 0.1}, optim.Adam, {"betas": (0.8, 0.99), "eps": 0.1}),
    ("adamw", {"weight_decay": 0.3}, optim.AdamW, {"weight_decay": 0.3}),
    ("nadam", {}, optim.NAdam, {}),
    (
        "nadam",
        {"beta1": 0.8, "beta2": 0.99, "epsilon": 0.1, "momentum_decay": 0.5},
        optim.NAdam,
        {"betas": (0.8, 0.99), "eps": 0.1, "momentum_decay": 0.5},
    ),
]


def test_every_optimizer_that_torch_has_is_compared():
    assert {name for name, *_ in CASES} == OPTIMIZERS.keys() - {"lion"}


# our vectors, by PyTorch's names
VECTORS = {"adagrad": {"v": "sum"}, "rmsprop": {"v": "square_avg"}, "momentum": {"v": "momentum_buffer"}}
VECTORS |= {"nesterov": VECTORS["momentum"]}
VECTORS |= {name: {"m": "exp_avg", "v": "exp_avg_sq"} for name in ("adam", "adamw", "nadam")}


@pytest.mark.parametrize(("name", "options", "theirs", "their_options"), CASES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ten_steps_of_a_cosine_schedule(name, options, theirs, their_options, dtype):
    weight_decay = options.get("weight_decay", 0)
    ours = make_optimizer(name, **{key: value for key, value in options.items() if key != "weight_decay"})
    rng = np.random.default_rng(0)
    W = rng.normal(size=50).astype(dtype)
    w = torch.from_numpy(W.copy()).requires_grad_()
    their_optimizer = theirs([w], **their_options)
    schedule = make_schedule("cosine")
    for step in range(10):
        g, rate = rng.normal(size=50).astype(dtype), 0.1 * schedule.factor(step, 10)
        decay([Weight(W, g, np.empty_like(W))], rate * weight_decay)
        ours.step(W, g, rate)
        w.grad = torch.from_numpy(g.copy())
        their_optimizer.param_groups[0]["lr"] = rate
        their_optimizer.step()
    # NAdam of torch keeps the product of its momenta in float32
    close = 1e-5 if dtype == np.float32 or name == "nadam" else 1e-12
    np.testing.assert_allclose(W, w.detach().numpy(), rtol=1e-5, atol=close)
    vectors = VECTORS.get(name, {})
    assert ours.state.keys() == vectors.keys()
    for vector, their_name in vectors.items():
        found, expected = ours.state[vector], their_optimizer.state[w][their_name].numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 if dtype == np.float32 else 1e-12)
