from sklearn.utils.estimator_checks import parametrize_with_checks

from dnn import DeepNeuralNetwork


@parametrize_with_checks([DeepNeuralNetwork()])
def test_is_a_scikit_learn_classifier(estimator, check):
    check(estimator)
