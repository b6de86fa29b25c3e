"""From what a person points at, through MNIST's form, to an answer."""
