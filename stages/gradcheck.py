"""Print how far every gradient is from central differences."""

if not __package__:
    raise SystemExit("error: run it from the top of the project as `python -m stages.gradcheck`")


import typer

from dnn.base.blas import blas_threads
from dnn.gradcheck.cases import CASES
from dnn.gradcheck.check import TOLERANCE, gradient_errors
from stages.project import cli


def main() -> None:
    """Check every layer, loss and composition; exit with status 1 where a relative error is above 1e-6."""
    width = max(len(case.name) for case in CASES)
    print(f"{'case':<{width}}  relative errors of the gradients of inputs (X) and parameters, by layer")
    wrong = count = 0
    with blas_threads(1):
        for case in CASES:
            words = []
            for name, error in gradient_errors(case).items():
                within = error <= TOLERANCE  # which NaN is not
                words.append(f"{name} {error:.0e}" if within else f"{name} {error:.0e} WRONG")
                wrong, count = wrong + (not within), count + 1
            print(f"{case.name:<{width}}  {'  '.join(words)}")
    print(f"\n{count - wrong} of {count} gradients are within {TOLERANCE:g}")
    if wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    cli.run(main, "python -m stages.gradcheck")
