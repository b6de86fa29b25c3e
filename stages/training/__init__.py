"""Around a training of the pipeline: options, checkpoints, history, provenance."""
