"""The network as a scikit-learn classifier: what most users hold."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from dnn.architecture import LAYER_SIZES, Architecture, check_sizes, hidden_of
from dnn.base.errors import InputError
from dnn.base.kinds import check
from dnn.base.options import converted, option
from dnn.base.seeds import RANDOM_STATE, generator
from dnn.base.types import Array
from dnn.batches.labels import class_indices, class_weights, find_classes, from_one_hot, one_hot
from dnn.formats.model_file import load_single, save_model
from dnn.layers import Dense
from dnn.model import Model
from dnn.training.callbacks import BestWeights
from dnn.training.checkpoint import Checkpoint, load_checkpoint
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Recipe, Training
from dnn.training.trainer import Callback, Trainer

HELD_OUT = 0.1  # the fraction of the training set that early stopping validates on where it is given nothing else


@dataclass(kw_only=True, eq=False, repr=False)
class DeepNeuralNetwork(ClassifierMixin, BaseEstimator, Architecture, Training):
    """A neural network with softmax output, trained by backpropagation.

    Its options are those of `dnn.architecture.Architecture` and `dnn.training.recipe.Training`, and three more. They
    are kept as they are given and checked in `fit`, as scikit-learn asks for.

    Attributes:
        classes_: (classes,) labels in the order of the columns of `predict_proba`.
        network_: the `dnn.network.Network`.
        history_: one row of figures for each epoch.
        temperature_: what `predict_proba` divides the logits by: 1, or that of the loaded model.
        best_epoch_: the epoch, from 1, whose weights are kept: of the least validation loss, or the last.
    """

    layer_sizes: Sequence[int] | None = option(
        None,
        "number of features, units of each hidden layer, number of classes; None takes the first and the last from the "
        "data, and what is between them from hidden_layers",
        kind=LAYER_SIZES,
        kw_only=False,
    )
    warm_start: bool = option(False, "train on from the weights that are there")
    random_state: int | np.random.Generator | np.random.RandomState | None = option(
        0, "where all draws start; the same seed gives the same bytes on the same machine", kind=RANDOM_STATE
    )
    trainer_: Trainer | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Nothing: scikit-learn's estimators keep what they are given, and check it in `fit`."""

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
        sample_weight: Any = None,
        checkpoint: str | Path | None = None,
        until: int | None = None,
    ) -> Self:
        """Train anew, or with `warm_start` on from the weights that are there.

        Args:
            X: (n, features), finite numbers; images scaled to [0, 1].
            y: (n,) labels, or (n, classes) one-hot.
            epochs: in place of `self.epochs`.
            validation_data: another such pair, measured after each epoch; the weights of the best epoch are kept.
                Without it, and with `patience`, a tenth of the training set is held out.
            callbacks: called after each epoch with the `dnn.training.trainer.Trainer`.
            sample_weight: (n,) factor of each example in the loss, at least 0.
            checkpoint: file to save the training to after each epoch; where it is there, it is one of this same
                training that was interrupted, which goes on to the same bytes. It is removed at the end.
            until: stop after this epoch, from 1, as if interrupted there, so that the checkpoint stays; None: train to
                the end.

        Raises:
            ValueError: X, y or a parameter does not fit, or (InputError) the loss is no longer finite; then the weights
                of the last good epoch are kept.
        """
        until = None if until is None else check("until", until, int, least=1)
        options = self._options(self.epochs if epochs is None else epochs)
        best = BestWeights(options.patience)
        X, y, outputs = self._check(X, y, reset=True)
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, ensure_non_negative=True)
        if self.warm_start and hasattr(self, "network_"):
            if prod(self.network_.input_shape) != X.shape[1]:
                raise InputError(f"X has {X.shape[1]} features, the network takes {prod(self.network_.input_shape)}")
        else:
            self._start(X, find_classes(y, outputs))
        by_class = self._class_weights(y)
        if by_class is not None:
            weights = by_class if weights is None else by_class * weights
        validation = None
        if validation_data is not None:
            X_val, y_val, _ = self._check(*validation_data, reset=False)
            validation = X_val, self._one_hot(y_val)
        elif options.patience:
            rows, val_rows = train_test_split(np.arange(len(y)), test_size=HELD_OUT, stratify=y, random_state=0)
            validation = X[val_rows], self._one_hot(y[val_rows])
            X, y, weights = X[rows], y[rows], None if weights is None else weights[rows]
        trainer = self.trainer_ = self._trainer(options)
        hooks: list[Callback] = [best, *callbacks] if validation else list(callbacks)
        if checkpoint is not None:
            if Path(checkpoint).exists():
                load_checkpoint(checkpoint, trainer, best)
            hooks.append(Checkpoint(checkpoint, best))
        self.temperature_ = 1.0
        try:
            trainer.fit(X, self._one_hot(y), validation, hooks, weights, until)
        except InputError:
            self.trainer_ = None  # its optimizer remembers what went wrong
            raise
        finally:
            best.restore(trainer)
            self._record(trainer, best.epoch or len(trainer.history))
        trainer.start_average()  # from the weights that are kept
        if checkpoint is not None and until is None:
            Path(checkpoint).unlink(missing_ok=True)
        return self

    def prepare(self, X: Any, y: Any) -> Trainer:
        """The trainer of a new network for such data, as `train` has it before the first step."""
        X, y, outputs = self._check(X, y, reset=True)
        self._start(X, find_classes(y, outputs))
        return self._trainer(self._options(self.epochs))

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
        trainer = self.trainer_ = self.trainer_ or self._trainer(self._options(self.epochs))
        done = len(trainer.history)
        trainer.stop = False
        recipe = replace(trainer.recipe, epochs=done + 1, schedule="constant", schedule_options={}, warmup_epochs=0)
        trainer.recipe = recipe
        try:
            trainer.fit(X, self._one_hot(y), weights=self._class_weights(y))
        except InputError:
            self.trainer_ = None  # its optimizer remembers what went wrong
            raise
        return self._record(trainer, best_epoch=done + 1)

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
        if self.layer_sizes is not None and (own := check_sizes(self.layer_sizes)) != sizes:
            raise InputError(f"{path} holds a network of layer_sizes {sizes}, this one has {own}")
        self.network_, self.classes_, self.n_features_in_ = model.network, model.classes, sizes[0]
        self.temperature_ = model.temperature
        self.rng_ = generator(self.random_state)
        self.trainer_ = None  # its optimizer would belong to other weights
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
            given["hidden_layers"] = hidden_of(self.layer_sizes, self.hidden_layers)
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
        self.rng_ = generator(self.random_state)
        self.network_ = self._architecture().network(X.shape[1], len(classes), self.rng_)
        self.trainer_ = None

    def _options(self, epochs: int) -> Training:
        given = converted(self) | {"epochs": epochs}  # also those of the network are checked here
        return Training(**{f.name: given[f.name] for f in fields(Training)})

    def _trainer(self, options: Training) -> Trainer:
        recipe = Recipe(**{f.name: getattr(options, f.name) for f in fields(Recipe)})
        optimizer = make_optimizer(options.optimizer, **(options.optimizer_options or {}))
        return Trainer(self.network_, optimizer, recipe, self.rng_)

    def _class_weights(self, y: Array) -> Array | None:
        """(n,) the weight of each example by its class, where there are such."""
        if self.class_weight is None:
            return None
        return class_weights(y, self.classes_, self.class_weight)[class_indices(y, self.classes_)]

    def _record(self, trainer: Trainer, best_epoch: int) -> Self:
        self.history_, self.best_epoch_, self.n_iter_ = trainer.history, best_epoch, len(trainer.history)
        return self

    def _one_hot(self, y: Array) -> Array:
        return one_hot(class_indices(y, self.classes_), len(self.classes_))

    def _model(self) -> Model:
        check_is_fitted(self, "network_")
        return Model(self.network_, self.classes_, temperature=self.temperature_)
