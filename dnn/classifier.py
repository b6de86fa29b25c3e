"""The network as a scikit-learn classifier: what most users hold."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy, deepcopy
from dataclasses import dataclass, field, fields, replace
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from dnn.architecture import Architecture, check_sizes
from dnn.base.errors import InputError
from dnn.base.types import Array
from dnn.batches.labels import class_indices, example_weights, find_classes, from_one_hot, one_hot
from dnn.formats.model_file import load_single, save_model
from dnn.layers import Dense
from dnn.model import Model
from dnn.training.divergence import DivergenceError
from dnn.training.recipe import Training
from dnn.training.train import train
from dnn.training.trainer import Callback, Trainer

HELD_OUT = 0.1  # the fraction of the training set that early stopping validates on where it is given nothing else


@dataclass(kw_only=True, eq=False, repr=False)
class DeepNeuralNetwork(ClassifierMixin, BaseEstimator, Architecture, Training):
    """A neural network with softmax output, trained by backpropagation.

    Its options are those of `dnn.architecture.Architecture` and `dnn.training.recipe.Training`, which check them in
    `fit`, as scikit-learn asks for, and:

    Args:
        layer_sizes: number of features, units of each hidden layer, number of classes; None takes the first and the
            last from the data, and what is between them from `hidden_layers`.
        warm_start: train on from the weights that are there.
        random_state: seed or numpy Generator; the same seed gives the same bytes on the same machine.

    Attributes:
        classes_: (classes,) labels in the order of the columns of `predict_proba`.
        network_: the `dnn.network.Network`.
        history_: one row of figures for each epoch.
        temperature_: what `predict_proba` divides the logits by: 1, or that of the loaded model.
        best_epoch_: the epoch, from 1, whose weights are kept: of the least validation loss, or the last.
    """

    layer_sizes: Sequence[int] | None = field(default=None, kw_only=False)
    warm_start: bool = False
    random_state: int | np.random.Generator | None = 0
    trainer_: Trainer | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Nothing: scikit-learn's estimators keep what they are given, and check it in `fit`."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train anew; scikit-learn's name for `train`."""
        return self.train(X, y, sample_weight=sample_weight)

    def train(
        self,
        X: Any,
        y: Any,
        epochs: int | None = None,
        validation_data: tuple[Any, Any] | None = None,
        callbacks: Sequence[Callback] = (),
        sample_weight: Any = None,
        checkpoint: str | Path | None = None,
        until: int | None = None,
    ) -> Self:
        """Train anew, or with `warm_start` on from the weights that are there.

        If it fails nothing changes; but where the loss is no longer finite, or Ctrl-C ends it, what the epochs before
        came to is kept.

        Args:
            X: (n, features), finite numbers; images scaled to [0, 1].
            y: (n,) labels, or (n, classes) one-hot.
            epochs: in place of `self.epochs`.
            validation_data: another such pair, measured after each epoch by `loss` and `class_weight`; the weights of
                the best epoch are kept. Without it, and with `patience`, a tenth of the training set is held out.
            callbacks: called after each epoch with the `dnn.training.trainer.Trainer`.
            sample_weight: (n,) factor of each example in the loss, at least 0; only their ratios count.
            checkpoint: file to save the training to after each epoch; where it is there, it is one of this same
                training that was interrupted, which goes on to the same bytes. It is removed at the end.
            until: stop after this epoch, from 1, as if interrupted there, so that the checkpoint stays; None: train to
                the end.

        Raises:
            ValueError: X, y or a parameter does not fit, or (InputError) the loss is no longer finite.
        """
        options = self._options(self.epochs if epochs is None else epochs)
        goes_on = self.warm_start and hasattr(self, "network_")
        with self._on_a_copy(goes_on) as new:
            new.trainer_ = None
            X, y, outputs = new._check(X, y, reset=True)
            if not goes_on:
                new._start(X, find_classes(y, outputs))
            elif prod(self.network_.input_shape) != X.shape[1]:
                raise InputError(f"X has {X.shape[1]} features, the network takes {prod(self.network_.input_shape)}")
            else:
                new.network_, new.temperature_ = deepcopy(self.network_), 1.0
            Y, weights, validation = new._one_hot(y), new._weights(y, sample_weight), None
            if validation_data is not None:
                X_val, y_val, _ = new._check(*validation_data, reset=False)
                validation = X_val, new._one_hot(y_val), new._weights(y_val)
            elif options.patience:
                rows, val_rows = train_test_split(np.arange(len(y)), test_size=HELD_OUT, stratify=y, random_state=0)
                validation = X[val_rows], Y[val_rows], None if weights is None else weights[val_rows]
                X, Y, weights = X[rows], Y[rows], None if weights is None else weights[rows]
            new.trainer_ = Trainer.of(new.network_, options, new.rng_)
            train(new.trainer_, X, Y, weights, validation, callbacks, checkpoint, until)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go once through (X, y), starting from the weights that are there, at a constant learning rate; nothing
        changes if it fails.

        Args:
            X, y: as for `train`.
            classes: all labels that will ever come; needed in the first call when its y does not show them all.
            sample_weight: as for `train`. These and the weights of `class_weight` count as they are: the mean over all
                examples that will ever come, by which `train` would divide them, is not known.
        """
        options = self._options(self.epochs)
        goes_on = hasattr(self, "network_")
        with self._on_a_copy(goes_on) as new:
            X, y, outputs = new._check(X, y, reset=not goes_on)
            if not goes_on:
                new._start(X, find_classes(y if classes is None else np.asarray(classes), outputs))
            Y, weights = new._one_hot(y), new._weights(y, sample_weight)
            before = new.trainer_
            new.trainer_ = before.going_on(options) if before else Trainer.of(new.network_, options, new.rng_)
            new.trainer_.pass_once(X, Y, weights)
        return self

    @contextmanager
    def _on_a_copy(self, goes_on: bool) -> Iterator[Self]:
        """A copy of this estimator, to be trained anew or further, which takes its place at the end.

        Where the block fails nothing has changed, but for the ends that `train` names.
        """
        new = copy(self)
        if not goes_on:
            new.rng_, new.trainer_ = np.random.default_rng(self.random_state), None
        random = new.rng_.bit_generator.state
        try:
            yield new
        except BaseException as error:
            if not (isinstance(error, DivergenceError | KeyboardInterrupt) and new.trainer_ and new.trainer_.history):
                new.rng_.bit_generator.state = random
                raise
            self._become(new)
            if isinstance(error, DivergenceError):
                self.trainer_ = None  # its optimizer remembers what went wrong
            raise
        self._become(new)

    def _become(self, new: Self) -> None:
        """Take over all that the copy has come to."""
        trainer = new.trainer_
        if trainer:
            new.history_, new.best_epoch_, new.n_iter_ = trainer.history, trainer.best_epoch, len(trainer.history)
        self.__dict__ = new.__dict__

    def predict(self, X: Any) -> Array:
        """X: (n, features) -> (n,) labels."""
        return self._model().predict(self._check_inputs(X))

    def predict_proba(self, X: Any) -> Array:
        """X: (n, features) -> (n, classes) probabilities, each row summing to 1."""
        return self._model().predict_proba(self._check_inputs(X))

    def features(self, X: Any, layer: int) -> Array:
        """X: (n, features) -> (n, ...), what the first `layer` layers make of it (numbers as in `summary`)."""
        return self.network_.features(self._check_inputs(X), layer)

    def save_model(self, path: str | Path, about: dict[str, Any] | None = None) -> None:
        """Write network and classes to a `.npz` file, with `about`: JSON-ready facts to keep beside them."""
        save_model(path, replace(self._model(), about=about or {}))

    def load_model(self, path: str | Path) -> Self:
        """Take over network and classes from a file that `save_model` wrote.

        Raises:
            InputError: the file is no model, or its layers are not `layer_sizes`.
        """
        model = load_single(path)
        units = [layer.units for layer in model.network.layers if isinstance(layer, Dense)]
        sizes = [prod(model.network.input_shape), *units]
        if self.layer_sizes is not None and list(self.layer_sizes) != sizes:
            raise InputError(f"{path} holds a network of layer_sizes {sizes}, this one has {list(self.layer_sizes)}")
        self.rng_ = np.random.default_rng(self.random_state)
        for name in ("feature_names_in_", "history_", "best_epoch_", "n_iter_"):  # of another training
            self.__dict__.pop(name, None)
        self.network_, self.classes_, self.n_features_in_ = model.network, model.classes, sizes[0]
        self.temperature_ = model.temperature
        self.trainer_ = None
        return self

    def summary(self) -> str:
        """A table of the layers with their numbers of parameters; before training it needs `layer_sizes`."""
        if hasattr(self, "network_"):
            return self.network_.summary()
        if self.layer_sizes is None:
            raise InputError("the layers are known after training, or with layer_sizes=[features, hidden..., classes]")
        features, *_, classes = check_sizes(self.layer_sizes)
        return self._architecture().build(features, classes).summary()

    def _architecture(self) -> Architecture:
        given = {f.name: getattr(self, f.name) for f in fields(Architecture)}
        if self.layer_sizes is not None:
            given["hidden_layers"] = check_sizes(self.layer_sizes)[1:-1]
        return Architecture(**given)

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
        self.classes_, self.temperature_ = classes, 1.0
        self.network_ = self._architecture().network(X.shape[1], len(classes), self.rng_)

    def _options(self, epochs: int) -> Training:
        return Training(**{f.name: getattr(self, f.name) for f in fields(Training)} | {"epochs": epochs})

    def _weights(self, y: Array, sample_weight: Any = None) -> Array | None:
        return example_weights(y, self.classes_, self.class_weight, sample_weight)

    def _one_hot(self, y: Array) -> Array:
        return one_hot(class_indices(y, self.classes_), len(self.classes_))

    def _model(self) -> Model:
        check_is_fitted(self, "network_")
        return Model(self.network_, self.classes_, temperature=self.temperature_)
