"""To doubt: to tell what the network has not learned from what it has."""
