import numpy as np
import pytest

from dnn.optimizers import make_optimizer
from dnn.regularizers import decay
from dnn.schedules import learning_rate_at

torch = pytest.importorskip("torch")

PAIRS = {
    "sgd": ({}, lambda w: torch.optim.SGD(w)),
    "momentum": ({"momentum": 0.8}, lambda w: torch.optim.SGD(w, momentum=0.8)),
    "nesterov": ({"momentum": 0.8}, lambda w: torch.optim.SGD(w, momentum=0.8, nesterov=True)),
    "adam": ({"beta1": 0.8, "beta2": 0.99}, lambda w: torch.optim.Adam(w, betas=(0.8, 0.99))),
    # an epsilon that matters
    "adam_epsilon": ({"epsilon": 0.1}, lambda w: torch.optim.Adam(w, eps=0.1)),
    "adamw": ({"weight_decay": 0.3}, lambda w: torch.optim.AdamW(w, weight_decay=0.3)),
}


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_ten_steps_of_a_cosine_schedule(pair, dtype):
    options, make_theirs = PAIRS[pair]
    options = dict(options)
    weight_decay = options.pop("weight_decay", 0)
    rng = np.random.default_rng(0)
    W = rng.normal(size=50).astype(dtype)
    theirs = torch.from_numpy(W.copy()).requires_grad_()
    ours, their_optimizer = make_optimizer(pair.partition("_")[0].removesuffix("w"), **options), make_theirs([theirs])
    for step in range(10):
        g, rate = rng.normal(size=50).astype(dtype), learning_rate_at("cosine", 0.1, step, 10)
        decay([(W, g)], rate * weight_decay)
        ours.step(W, g, rate)
        theirs.grad = torch.from_numpy(g.copy())
        their_optimizer.param_groups[0]["lr"] = rate
        their_optimizer.step()
    np.testing.assert_allclose(W, theirs.detach().numpy(), rtol=1e-5, atol=1e-5 if dtype == np.float32 else 1e-12)


def test_cosine_is_cosine_annealing():
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
    for step in range(20):
        assert learning_rate_at("cosine", 0.3, step, 20) == pytest.approx(schedule.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        schedule.step()
