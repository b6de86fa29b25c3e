"""The network as a scikit-learn classifier: what most users hold."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from dnn.augment import Augmentation
from dnn.callbacks import BestWeights
from dnn.errors import InputError
from dnn.labels import class_indices, find_classes, from_one_hot, one_hot
from dnn.layers import Dense
from dnn.network import Network, check_sizes, mlp
from dnn.optimizers import make_optimizer
from dnn.serialize import Model, load_model, save_model
from dnn.trainer import Callback, Recipe, Trainer
from dnn.types import Array

HIDDEN_LAYERS = (128, 64, 32)
HELD_OUT = 0.1  # the fraction of the training set that early stopping validates on where it is given nothing else


class DeepNeuralNetwork(ClassifierMixin, BaseEstimator):
    """A multi-layer perceptron with softmax output, trained by backpropagation to the least cross-entropy.

    Args:
        layer_sizes: number of features, units of each hidden layer, number of classes; None takes the first and the
            last from the data, with `HIDDEN_LAYERS` between them.
        learning_rate: the highest of the schedule, above 0.
        activation: of the hidden layers, one of `dnn.layers.ACTIVATIONS`.
        initializer: one of `dnn.initializers.INITIALIZERS`.
        dropout: rate after each hidden layer, in [0, 1).
        optimizer: one of `dnn.optimizers.OPTIMIZERS`.
        epochs, batch_size, schedule, warmup_epochs, l2, weight_decay, label_smoothing, augmentation: see
            `dnn.trainer.Recipe`.
        patience: epochs without a smaller validation loss after which training stops; 0 means never.
        random_state: seed or numpy Generator; the same seed gives the same bytes on the same machine.

    Attributes:
        classes_: (classes,) labels in the order of the columns of `predict_proba`.
        network_: the `dnn.network.Network`.
        history_: one row of figures for each epoch.
        best_epoch_: the epoch, from 1, whose weights are kept: of the least validation loss, or the last.
    """

    trainer_: Trainer | None

    def __init__(
        self,
        layer_sizes: Sequence[int] | None = None,
        learning_rate: float = 0.01,
        *,
        activation: str = "relu",
        initializer: str = "xavier",
        dropout: float = 0.0,
        optimizer: str = "momentum",
        epochs: int = 100,
        batch_size: int = 128,
        schedule: str = "constant",
        warmup_epochs: float = 0.0,
        l2: float = 0.0,
        weight_decay: float = 0.0,
        label_smoothing: float = 0.0,
        augmentation: Augmentation | None = None,
        patience: int = 0,
        random_state: int | np.random.Generator | None = 0,
    ) -> None:
        self.layer_sizes = layer_sizes
        self.learning_rate = learning_rate
        self.activation = activation
        self.initializer = initializer
        self.dropout = dropout
        self.optimizer = optimizer
        self.epochs = epochs
        self.batch_size = batch_size
        self.schedule = schedule
        self.warmup_epochs = warmup_epochs
        self.l2 = l2
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.augmentation = augmentation
        self.patience = patience
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train anew; scikit-learn's name for `train`."""
        return self.train(X, y)

    def train(
        self,
        X: Any,
        y: Any,
        epochs: int | None = None,
        validation_data: tuple[Any, Any] | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> Self:
        """Train anew.

        Args:
            X: (n, features), finite numbers; images scaled to [0, 1].
            y: (n,) labels, or (n, classes) one-hot.
            epochs: in place of `self.epochs`.
            validation_data: another such pair, measured after each epoch; the weights of the best epoch are kept.
                Without it, and with `patience`, a tenth of the training set is held out.
            callbacks: called after each epoch with the `dnn.trainer.Trainer`.

        Raises:
            ValueError: X, y or a parameter does not fit, or (InputError) the loss is no longer finite; then the weights
                of the last good epoch are kept.
        """
        best = BestWeights(self.patience)
        X, y, outputs = self._check(X, y, reset=True)
        self._start(X, find_classes(y, outputs))
        if validation_data is not None:
            X_val, y_val, _ = self._check(*validation_data, reset=False)
        elif self.patience:
            X, X_val, y, y_val = train_test_split(X, y, test_size=HELD_OUT, stratify=y, random_state=0)
        trainer = self.trainer_ = self._trainer(self.epochs if epochs is None else epochs)
        if validation_data is None and not self.patience:
            trainer.fit(X, self._one_hot(y), callbacks=callbacks)
        else:
            trainer.fit(X, self._one_hot(y), (X_val, self._one_hot(y_val)), [best, *callbacks])
            best.restore(trainer)
        return self._record(trainer, best.epoch or len(trainer.history))

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Self:
        """Go once through (X, y), starting from the weights that are there.

        Args:
            X, y: as for `train`.
            classes: all labels that will ever come; needed in the first call when its y does not show them all.
        """
        first = not hasattr(self, "network_")
        X, y, outputs = self._check(X, y, reset=first)
        if first:
            self._start(X, find_classes(y if classes is None else np.asarray(classes), outputs))
        trainer = self.trainer_ = self.trainer_ or self._trainer(self.epochs)
        done = len(trainer.history)
        trainer.stop = False
        trainer.recipe = replace(trainer.recipe, epochs=done + 1, schedule="constant", warmup_epochs=0)
        trainer.fit(X, self._one_hot(y))
        return self._record(trainer, best_epoch=done + 1)

    def predict(self, X: Any) -> Array:
        """X: (n, features) -> (n,) labels."""
        return self._model().predict(self._check_inputs(X))

    def predict_proba(self, X: Any) -> Array:
        """X: (n, features) -> (n, classes) probabilities, each row summing to 1."""
        return self._model().predict_proba(self._check_inputs(X))

    def save_model(self, path: str | Path, about: dict[str, Any] | None = None) -> None:
        """Write network and classes to a `.npz` file, with `about`: JSON-ready facts to keep beside them."""
        save_model(path, replace(self._model(), about=about or {}))

    def load_model(self, path: str | Path) -> Self:
        """Take over network and classes from a file that `save_model` wrote.

        Raises:
            InputError: the file is no model, or its layers are not `layer_sizes`.
        """
        model = load_model(path)
        units = [layer.units for layer in model.network.layers if isinstance(layer, Dense)]
        sizes = [*model.network.input_shape, *units]
        if self.layer_sizes is not None and list(self.layer_sizes) != sizes:
            raise InputError(f"{path} holds a network of layer_sizes {sizes}, this one has {list(self.layer_sizes)}")
        self.network_, self.classes_, self.n_features_in_ = model.network, model.classes, sizes[0]
        self.rng_ = np.random.default_rng(self.random_state)
        self.trainer_ = None  # its optimizer would belong to other weights
        return self

    def summary(self) -> str:
        """A table of the layers with their numbers of parameters; before training it needs `layer_sizes`."""
        if hasattr(self, "network_"):
            return self.network_.summary()
        if self.layer_sizes is None:
            raise InputError("the layers are known after training, or with layer_sizes=[features, hidden..., classes]")
        return self._network(self.layer_sizes).summary()

    def _network(self, layer_sizes: Sequence[int]) -> Network:
        return mlp(layer_sizes, self.activation, self.initializer, self.dropout)

    def _check(self, X: Any, y: Any, reset: bool) -> tuple[Array, Array, int | None]:
        """X as (n, features) float32, y as (n,) labels, and the number of outputs where it is set."""
        sizes = None if self.layer_sizes is None else check_sizes(self.layer_sizes)
        y, outputs = np.asarray(y), sizes[-1] if sizes else None
        if y.ndim == 2 and y.shape[1] > 1:
            outputs = outputs or y.shape[1]
            y = from_one_hot(y)
        X, y = validate_data(self, X, y, dtype=np.float32, reset=reset)
        check_classification_targets(y)
        if sizes and X.shape[1] != sizes[0]:
            raise InputError(f"X has {X.shape[1]} features, layer_sizes starts with {sizes[0]}")
        return X, y, outputs

    def _check_inputs(self, X: Any) -> Array:
        check_is_fitted(self, "network_")
        checked: Array = validate_data(self, X, dtype=[np.float32, np.float64], reset=False)
        return checked

    def _start(self, X: Array, classes: Array) -> None:
        """Make the network for the data, with its random start."""
        self.classes_ = classes
        self.rng_ = np.random.default_rng(self.random_state)
        sizes = self.layer_sizes if self.layer_sizes is not None else (X.shape[1], *HIDDEN_LAYERS, len(classes))
        self.network_ = self._network(sizes)
        self.network_.initialize(self.rng_)
        self.trainer_ = None

    def _trainer(self, epochs: int) -> Trainer:
        recipe = Recipe(
            epochs=epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            schedule=self.schedule,
            warmup_epochs=self.warmup_epochs,
            l2=self.l2,
            weight_decay=self.weight_decay,
            label_smoothing=self.label_smoothing,
            augmentation=self.augmentation,
        )
        return Trainer(self.network_, make_optimizer(self.optimizer), recipe, self.rng_)

    def _record(self, trainer: Trainer, best_epoch: int) -> Self:
        self.history_, self.best_epoch_, self.n_iter_ = trainer.history, best_epoch, len(trainer.history)
        return self

    def _one_hot(self, y: Array) -> Array:
        return one_hot(class_indices(y, self.classes_), len(self.classes_))

    def _model(self) -> Model:
        check_is_fitted(self, "network_")
        return Model(self.network_, self.classes_)
