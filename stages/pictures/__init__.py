"""Pictures of digits: where they come from, their way into MNIST's form, and the answers to them."""
