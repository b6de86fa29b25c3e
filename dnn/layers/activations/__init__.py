"""Activation functions, without parameters: each element on its own, but for softmax."""
