import numpy as np
import pytest

from dnn.training.schedules import SCHEDULES, make_schedule

torch = pytest.importorskip("torch")
schedulers = torch.optim.lr_scheduler
BASE, TOTAL = 0.3, 70


def their_rates(make, steps=TOTAL):
    """The learning rate of each step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE, momentum=0.9)
    scheduler = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


CASES = [
    ("constant", {}, lambda o: schedulers.ConstantLR(o, factor=1)),
    ("linear", {}, lambda o: schedulers.LinearLR(o, 1, 0, total_iters=TOTAL)),
    ("linear", {"final": 0.2}, lambda o: schedulers.LinearLR(o, 1, 0.2, total_iters=TOTAL)),
    ("polynomial", {"power": 2}, lambda o: schedulers.PolynomialLR(o, total_iters=TOTAL, power=2)),
    ("polynomial", {"power": 0.7}, lambda o: schedulers.PolynomialLR(o, total_iters=TOTAL, power=0.7)),
    ("exponential", {"final": 0.95**TOTAL}, lambda o: schedulers.ExponentialLR(o, gamma=0.95)),
    ("step", {"drops": 6, "gamma": 0.4}, lambda o: schedulers.StepLR(o, step_size=10, gamma=0.4)),
    ("cosine", {}, lambda o: schedulers.CosineAnnealingLR(o, T_max=TOTAL)),
    ("cosine", {"final": 0.1}, lambda o: schedulers.CosineAnnealingLR(o, T_max=TOTAL, eta_min=0.1 * BASE)),
    ("cosine", {"cycles": 7}, lambda o: schedulers.CosineAnnealingWarmRestarts(o, T_0=10)),
    (
        "cosine",
        {"cycles": 3, "growth": 2, "final": 0.1},
        lambda o: schedulers.CosineAnnealingWarmRestarts(o, T_0=10, T_mult=2, eta_min=0.1 * BASE),
    ),
    ("one_cycle", {}, lambda o: schedulers.OneCycleLR(o, BASE, total_steps=TOTAL + 1)),
    ("one_cycle", {"rise": 0.25}, lambda o: schedulers.OneCycleLR(o, BASE, total_steps=TOTAL + 1, pct_start=0.25)),
    (
        "one_cycle",
        {"rise": 0.6, "start": 0.1, "final": 0.01},
        lambda o: schedulers.OneCycleLR(
            o, BASE, total_steps=TOTAL + 1, pct_start=0.6, div_factor=10, final_div_factor=10
        ),
    ),
]


def test_every_schedule_is_compared():
    assert {name for name, *_ in CASES} == SCHEDULES.keys() - {"plateau"}


@pytest.mark.parametrize(("name", "options", "make"), CASES)
def test_a_whole_training(name, options, make):
    # torch makes a step more than there are rates, which OneCycleLR's number of steps has to hold
    total = TOTAL + (name == "one_cycle")
    ours = [BASE * make_schedule(name, **options).factor(step, total) for step in range(TOTAL)]
    np.testing.assert_allclose(ours, their_rates(make), rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize(("patience", "gamma", "minimum"), [(0, 0.5, 0.0), (3, 0.5, 0.3), (5, 0.1, 0.0)])
def test_reduce_on_plateau_after_every_epoch(patience, gamma, minimum):
    rng = np.random.default_rng(0)
    losses = (np.exp(-np.arange(60) / 10) + rng.uniform(0, 0.3, 60)).tolist()
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=BASE)
    theirs = schedulers.ReduceLROnPlateau(
        optimizer, factor=gamma, patience=patience, min_lr=minimum * BASE, eps=0, threshold=1e-3
    )
    ours = make_schedule("plateau", patience=patience, gamma=gamma, minimum=minimum, threshold=1e-3)
    seen = set()
    for epoch, loss in enumerate(losses, start=1):
        theirs.step(loss)
        ours.observe(loss)
        factor = ours.factor(epoch, len(losses))
        assert BASE * factor == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-5)
        seen.add(factor)
    assert len(seen) > 2
