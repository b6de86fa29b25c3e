"""Print how far every gradient is from central differences."""

import typer
from threadpoolctl import threadpool_limits

from dnn.gradcheck.cases import CASES
from dnn.gradcheck.check import TOLERANCE, gradient_errors
from stages.project.cli import run


def main() -> None:
    """Check every layer, loss and composition; exit with status 1 where a relative error is above 1e-6."""
    width = max(len(case.name) for case in CASES)
    print(f"{'case':<{width}}  relative errors of the gradients of inputs (X) and parameters, by layer")
    wrong = count = 0
    with threadpool_limits(1, "blas"):
        for case in CASES:
            errors = gradient_errors(case)
            failed = [name for name, error in errors.items() if not error <= TOLERANCE]
            figures = "  ".join(f"{name} {error:.0e}{' WRONG' * (name in failed)}" for name, error in errors.items())
            print(f"{case.name:<{width}}  {figures}")
            wrong, count = wrong + len(failed), count + len(errors)
    print(f"\n{count - wrong} of {count} gradients are within {TOLERANCE:g}")
    if wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    run(main)
