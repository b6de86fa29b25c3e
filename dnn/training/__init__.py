"""How a network learns: the loop, its recipe, and all that acts on weights and gradients."""
