"""The pipeline's stages and the commands around it, each `python -m stages.NAME`."""

from stages.project.kernels import choose_kernels

choose_kernels()  # before any of them imports NumPy
