"""Mini-batches as a training step sees them: gathering, distortion, mixing, and labels."""
