"""What a training step gets to see: mini-batches, their distortion and mixing, and labels."""
