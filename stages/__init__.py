"""The pipeline's stages and the commands around it, each `python -m stages.NAME`."""

try:
    from stages.project.kernels import choose_kernels
except ModuleNotFoundError as missing:
    raise SystemExit(f"error: {missing}; run `make setup`, then `source .venv/bin/activate`") from None

choose_kernels()  # before any of them imports NumPy
