"""The network as a scikit-learn classifier: what most users hold."""

from collections.abc import Sequence
from dataclasses import fields, replace
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import train_test_split
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from dnn.architecture import build_network, check_sizes
from dnn.base.errors import InputError
from dnn.base.types import Array
from dnn.batches.augmentation import Augmentation
from dnn.batches.labels import class_indices, class_weights, find_classes, from_one_hot, one_hot
from dnn.formats.model_file import load_single, save_model
from dnn.layers import Dense
from dnn.model import Model
from dnn.network import Network
from dnn.training.callbacks import BestWeights, StopAfter
from dnn.training.checkpoint import Checkpoint, load_checkpoint
from dnn.training.optimizers import make_optimizer
from dnn.training.recipe import Recipe
from dnn.training.trainer import Callback, Trainer
from dnn.transfer import start_from

HIDDEN_LAYERS = (128, 64, 32)
RECIPE = tuple(field.name for field in fields(Recipe))
HELD_OUT = 0.1  # the fraction of the training set that early stopping validates on where it is given nothing else


class DeepNeuralNetwork(ClassifierMixin, BaseEstimator):
    """A neural network with softmax output, trained by backpropagation to the least loss.

    Args:
        layer_sizes: number of features, units of each hidden layer, number of classes; None takes the first and the
            last from the data, and what is between them from `hidden_layers`.
        learning_rate: the highest of the schedule, above 0.
        hidden_layers: layer by layer, as `dnn.architecture.build_network` describes; None means `HIDDEN_LAYERS`.
        activation: of the hidden layers, one of `dnn.layers.ACTIVATIONS`.
        initializer: one of `dnn.initializers.INITIALIZERS`.
        dropout: rate after each hidden layer, in [0, 1).
        optimizer: one of `dnn.training.optimizers.OPTIMIZERS`, with its `optimizer_options`.
        epochs, batch_size, accumulate, loss, schedule, schedule_options, warmup_epochs, ema, l1, l2, weight_decay,
            max_norm, clip_norm, clip_value, label_smoothing, mixup, cutout, augmentation, threads: see
            `dnn.training.recipe.Recipe`.
        class_weight: factor of each class in the loss by its label, or "balanced": against its share of the examples.
        patience: epochs without a smaller validation loss after which training stops; 0 means never.
        start_from: a network, or the file of one, whose layers to take over, all but the last; they replace
            `hidden_layers`.
        freeze: number of its first layers that learn no more, or with `frozen_rate` as factor of the learning rate.
        warm_start: train on from the weights that are there.
        random_state: seed or numpy Generator; the same seed gives the same bytes on the same machine.

    Attributes:
        classes_: (classes,) labels in the order of the columns of `predict_proba`.
        network_: the `dnn.network.Network`.
        history_: one row of figures for each epoch.
        temperature_: what `predict_proba` divides the logits by: 1, or that of the loaded model.
        best_epoch_: the epoch, from 1, whose weights are kept: of the least validation loss, or the last.
    """

    trainer_: Trainer | None

    def __init__(
        self,
        layer_sizes: Sequence[int] | None = None,
        learning_rate: float = 0.01,
        *,
        hidden_layers: Sequence[Any] | None = None,
        activation: str = "relu",
        initializer: str = "xavier",
        dropout: float = 0.0,
        optimizer: str = "momentum",
        optimizer_options: dict[str, Any] | None = None,
        epochs: int = 100,
        batch_size: int = 128,
        accumulate: int = 1,
        loss: str = "cross_entropy",
        schedule: str = "constant",
        schedule_options: dict[str, Any] | None = None,
        warmup_epochs: float = 0.0,
        ema: float = 0.0,
        l1: float = 0.0,
        l2: float = 0.0,
        weight_decay: float = 0.0,
        max_norm: float = 0.0,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
        label_smoothing: float = 0.0,
        mixup: float = 0.0,
        cutout: int = 0,
        augmentation: Augmentation | None = None,
        threads: int = 1,
        class_weight: dict[Any, float] | str | None = None,
        patience: int = 0,
        start_from: str | Path | Network | None = None,
        freeze: int = 0,
        frozen_rate: float = 0.0,
        warm_start: bool = False,
        random_state: int | np.random.Generator | None = 0,
    ) -> None:
        self.layer_sizes = layer_sizes
        self.learning_rate = learning_rate
        self.hidden_layers = hidden_layers
        self.activation = activation
        self.initializer = initializer
        self.dropout = dropout
        self.optimizer = optimizer
        self.optimizer_options = optimizer_options
        self.epochs = epochs
        self.batch_size = batch_size
        self.accumulate = accumulate
        self.loss = loss
        self.schedule = schedule
        self.schedule_options = schedule_options
        self.warmup_epochs = warmup_epochs
        self.ema = ema
        self.l1 = l1
        self.l2 = l2
        self.weight_decay = weight_decay
        self.max_norm = max_norm
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.label_smoothing = label_smoothing
        self.mixup = mixup
        self.cutout = cutout
        self.augmentation = augmentation
        self.threads = threads
        self.class_weight = class_weight
        self.patience = patience
        self.start_from = start_from
        self.freeze = freeze
        self.frozen_rate = frozen_rate
        self.warm_start = warm_start
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
        if until is not None and until < 1:
            raise InputError(f"until is {until}, it should be an epoch, at least 1")
        best = BestWeights(self.patience)
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
        elif self.patience:
            rows, val_rows = train_test_split(np.arange(len(y)), test_size=HELD_OUT, stratify=y, random_state=0)
            validation = X[val_rows], self._one_hot(y[val_rows])
            X, y, weights = X[rows], y[rows], None if weights is None else weights[rows]
        trainer = self.trainer_ = self._trainer(self.epochs if epochs is None else epochs)
        hooks: list[Callback] = [best, *callbacks] if validation else list(callbacks)
        if checkpoint is not None:
            if Path(checkpoint).exists():
                load_checkpoint(checkpoint, trainer, best)
            hooks.append(Checkpoint(checkpoint, best))
        if until is not None:  # behind the checkpoint, which is not to know of it
            hooks.append(StopAfter(until))
            trainer.stop = trainer.stop or len(trainer.history) >= until
        self.temperature_ = 1.0
        try:
            trainer.fit(X, self._one_hot(y), validation, hooks, weights)
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
        return self._trainer(self.epochs)

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
        X = self._check_inputs(X)
        return self.network_.features(X, layer)

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
        self.network_, self.classes_, self.n_features_in_ = model.network, model.classes, sizes[0]
        self.temperature_ = model.temperature
        self.rng_ = np.random.default_rng(self.random_state)
        self.trainer_ = None  # its optimizer would belong to other weights
        return self

    def summary(self) -> str:
        """A table of the layers with their numbers of parameters; before training it needs `layer_sizes`."""
        if hasattr(self, "network_"):
            return self.network_.summary()
        if self.layer_sizes is None:
            raise InputError("the layers are known after training, or with layer_sizes=[features, hidden..., classes]")
        features, *hidden, classes = check_sizes(self.layer_sizes)
        return self._network(features, hidden, classes).summary()

    def _network(self, features: int, hidden: Sequence[Any], classes: int) -> Network:
        return build_network(features, hidden, classes, self.activation, self.initializer, self.dropout)

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
        self.rng_ = np.random.default_rng(self.random_state)
        if self.start_from is not None:
            given = self.start_from
            known = given if isinstance(given, Network) else load_single(given).network
            if prod(known.input_shape) != X.shape[1]:
                name = "the network to start from" if given is known else given
                raise InputError(f"X has {X.shape[1]} features, {name} takes {prod(known.input_shape)}")
            self.network_ = start_from(known, len(classes), self.rng_, self.freeze, self.frozen_rate)
        else:
            if self.freeze:
                raise InputError(f"freeze is {self.freeze}, but there is nothing to freeze: give start_from, too")
            hidden = HIDDEN_LAYERS if self.hidden_layers is None else self.hidden_layers
            hidden = hidden if self.layer_sizes is None else check_sizes(self.layer_sizes)[1:-1]
            self.network_ = self._network(X.shape[1], hidden, len(classes))
            self.network_.initialize(self.rng_)
        self.trainer_ = None

    def _trainer(self, epochs: int) -> Trainer:
        values = {name: getattr(self, name) for name in RECIPE if name != "epochs"}
        values["schedule_options"] = self.schedule_options or {}
        optimizer = make_optimizer(self.optimizer, **(self.optimizer_options or {}))
        return Trainer(self.network_, optimizer, Recipe(epochs=epochs, **values), self.rng_)

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
