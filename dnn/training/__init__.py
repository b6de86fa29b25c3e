"""Training: the step, the loop around it, its recipe, and all that acts on weights and gradients."""
