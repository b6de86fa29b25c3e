"""Pictures: where they come from, their way into the form of the network's images, and the answers to them."""
