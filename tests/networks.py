"""Networks for tests."""

from dnn.architecture import Architecture, check_sizes


def build_network(features, hidden, classes, activation="relu", initializer="xavier", dropout=0.0):
    """The network with these hidden layers, its weights 0."""
    options = {"activation": activation, "initializer": initializer, "dropout": dropout}
    return Architecture(hidden_layers=hidden, **options).build(features, classes)


def mlp(layer_sizes, *options, **named):
    """A multi-layer perceptron: inputs, units of each hidden layer, classes."""
    features, *hidden, classes = check_sizes(layer_sizes)
    return build_network(features, hidden, classes, *options, **named)
