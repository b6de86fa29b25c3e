"""A neural network from scratch in NumPy."""
