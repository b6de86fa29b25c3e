"""The pipeline: one command a stage."""
