"""The network as a scikit-learn classifier: what most users hold."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, fields, replace
from math import prod
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import estimator_html_repr
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from dnn.architecture import LAYER_SIZES, Architecture, check_sizes, hidden_of
from dnn.base.errors import InputError, shown
from dnn.base.kinds import Kind, by_name, check, whole
from dnn.base.locks import locked
from dnn.base.notebook import learning_curves
from dnn.base.options import converted, option
from dnn.base.paths import FILE
from dnn.base.seeds import RANDOM_STATE, generator, rewinder
from dnn.base.types import Array, Shape
from dnn.batches.inputs import LARGEST, PAIR, as_rows, check_numbers, root_mean_square
from dnn.batches.labels import (
    check_kind,
    check_lengths,
    class_indices,
    find_classes,
    one_hot,
    read_classes,
    read_labels,
)
from dnn.batches.weights import check_some_weight, checked_weights, example_weights
from dnn.formats.history import as_arrays, read_history
from dnn.formats.model_file import load_single, save_model
from dnn.layers import Dense
from dnn.layers.description import plain
from dnn.model import Model
from dnn.network import Network
from dnn.params import read_options
from dnn.progress import Progress
from dnn.training.divergence import DivergenceError
from dnn.training.holdout import hold_out
from dnn.training.memory import need_memory_to_train
from dnn.training.recipe import Training
from dnn.training.sanity import warn_of_other_scale, warn_of_scale
from dnn.training.train import CALLBACKS, train
from dnn.training.trainer import Callback, Examples, Trainer


def switch(value: Any) -> int:
    """A whole number, or false or true."""
    return int(value) if isinstance(value, bool | np.bool_) else whole(value)


SWITCH = Kind("a whole number", switch)


@dataclass(kw_only=True, eq=False, repr=False)
class DeepNeuralNetwork(ClassifierMixin, BaseEstimator, Architecture, Training):
    """A neural network with softmax output, trained by backpropagation.

    All its methods take the same kinds of

    - X: (n, features) finite numbers, as an array, a list of rows or a DataFrame, not sparse; best in [0, 1], or
      standardised. Where the network takes images (`hidden_layers` with convolution or pooling), also
      (n, height, width) and (n, height, width, channels) of that shape.
    - y: (n,) whole numbers, texts or truth values; or (n, classes) one-hot, as an array, a list, a sparse matrix, or a
      DataFrame of indicator columns, whose names then are the classes. Columns without names are the classes from 0 or,
      once there is a network, `classes_` in order.
    - sample_weight: (n,) numbers of at least 0, by which each example counts; None counts all alike.

    A mistake in them raises InputError, which is a ValueError. X of another scale than in training, such as pixels up
    to 255 in place of 1, gives a warning when training goes on, but in prediction wrong answers without a word.

    Any number of threads may predict at once, but not while another trains the same estimator, which meanwhile, in a
    callback, say, answers with the weights that are trained.

    The options are those of `dnn.architecture.Architecture` and `dnn.training.recipe.Training`, which check them in
    `fit`, as scikit-learn asks for, and four more.

    Attributes:
        classes_: (classes,) labels in the order of the columns of `predict_proba`.
        network_: the `dnn.network.Network`.
        history_: one row of figures for each epoch.
        temperature_: what `predict_proba` divides the logits by: that of the loaded model, until it is trained further;
            1 then, as a temperature belongs to its weights.
        kept_epoch_: the epoch, from 1, whose weights are kept: of the least validation loss, or the last.

    >>> import numpy as np
    >>> X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), ["same", "other", "other", "same"]
    >>> model = DeepNeuralNetwork(hidden_layers=[8], learning_rate=0.1, epochs=300).fit(X, y)
    >>> model.predict([[1, 0], [1, 1]]).tolist()
    ['other', 'same']
    >>> model.predict_proba(X).round().tolist()
    [[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]
    >>> model.score(X, y), len(model.history_)
    (1.0, 300)
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
    verbose: int = option(0, "1: show how the training goes, see `dnn.progress`", kind=SWITCH, least=0, most=1)
    network_: Network = field(init=False)
    classes_: Array = field(init=False)
    trainer_: Trainer | None = field(init=False, default=None)
    _scale = 0.0  # root mean square of X in training, where that is known

    def __post_init__(self) -> None:
        """Nothing: scikit-learn's estimators keep what they are given, and check it in `fit`."""

    @classmethod
    def from_params(cls, file: str | Path = "params.yaml", **changes: Any) -> Self:
        """The classifier that a file of parameters describes, not trained yet: the network and recipe of the pipeline.

        >>> model = DeepNeuralNetwork.from_params("params.yaml", epochs=5)  # doctest: +SKIP
        >>> model.train(X, y, validation_data=(X_val, y_val))  # doctest: +SKIP

        Trained with the data of the pipeline, it comes to the pipeline's very weights, where the kernels of OpenBLAS
        are the same: `train.kernels` has no effect here, as NumPy chose its kernels when it was imported.

        Args:
            file: its sections model, train and augment are read.
            changes: options in place of those in the file.

        Raises:
            InputError: the file is missing, a value in it is wrong, or it describes an ensemble.
        """
        return cls(**read_options(check("file", file, FILE)) | changes)

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train anew, as `train` does; scikit-learn's name for it. For X, y and sample_weight see the class."""
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
            X, y, sample_weight: see the class; of the weights only their ratios count.
            epochs: in place of `self.epochs`.
            validation_data: another such pair, measured after each epoch by `loss` and `class_weight`; unless
                `restore_best` is off, the weights of the best epoch are kept. Without it, and with `patience`, a tenth
                of the training set is held out.
            callbacks: called after each epoch with the `dnn.training.trainer.Trainer`.
            checkpoint: file to save the training to after each epoch; where it is there, it is one of this same
                training that was interrupted, which goes on to the same bytes. It is removed at the end. Meanwhile
                another process that names it gets an InputError.
            until: stop after this epoch, from 1, as if interrupted there, so that the checkpoint stays; None: train to
                the end.

        Raises:
            ValueError: X, y or a parameter does not fit, or (InputError) the loss is no longer finite.

        Warns:
            TrainingWarning: the scale of X makes failure likely, or is not that of `validation_data`; or the network is
                no better, after training, than always naming the most frequent class.
        """
        options = self._options(self.epochs if epochs is None else epochs)
        goes_on = self.warm_start and hasattr(self, "network_")
        with self._undone_on_failure(keeps_epochs=True):
            self.trainer_ = None
            if goes_on:
                self._check_architecture()
            X, y, named = self._check(X, y, reset=not goes_on)
            if goes_on:
                self.network_, self.temperature_ = deepcopy(self.network_), 1.0
            else:
                self._start(X, self._find_classes(named), options)
            self._scale = root_mean_square(X)
            Y, weights, validation = self._one_hot(y), self._weights(y, sample_weight), None
            if validation_data is not None:
                validation = self._validation(validation_data)
            elif options.patience:
                rows, val_rows = hold_out(y)
                validation = X[val_rows], Y[val_rows], None if weights is None else weights[val_rows]
                X, Y, weights = X[rows], Y[rows], None if weights is None else weights[rows]
            self.trainer_ = Trainer.of(self.network_, options, self.rng_)
            self.history_ = self.trainer_.history
            callbacks = list(check("callbacks", callbacks, CALLBACKS))
            with ExitStack() as around:
                if checkpoint is not None:
                    around.enter_context(locked(check("checkpoint", checkpoint, FILE)))
                if self.verbose:
                    callbacks.append(around.enter_context(Progress(options.epochs)))
                train(self.trainer_, X, Y, weights, validation, callbacks, checkpoint, until)
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Go once through (X, y), starting from the weights that are there, at a constant learning rate; nothing
        changes if it fails.

        Options that `set_params` has changed since the last call take effect: the optimizer keeps its state where it is
        the same one, with the same options, and begins anew otherwise; so does the moving average by its decay.
        Schedule and warm-up, which need an end, patience and epochs have no effect here, nor has `random_state` after
        the first call. What describes the layers may not change. `class_weight` cannot be `balanced`.

        Args:
            X, y, sample_weight: see the class. The weights and those of `class_weight` count as they are: the mean over
                all examples that will ever come, by which `train` would divide them, is not known.
            classes: all labels that will ever come; needed in the first call when its y does not show them all.

        Warns:
            TrainingWarning: the scale of X makes failure likely, or is not that of the training before.
        """
        options = self._options(self.epochs)
        if options.class_weight == "balanced":
            raise InputError(
                "class_weight is 'balanced', which needs all examples, and partial_fit sees a part of them: give "
                "{label: weight}, such as (number of all examples) / (number of classes * number of this class)"
            )
        goes_on = hasattr(self, "network_")
        given = None if classes is None else read_classes(classes)
        if goes_on:
            self._check_architecture()
            if given is not None and not np.array_equal(self._find_classes(given), self.classes_):
                raise InputError(
                    f"classes is {shown(given.tolist())}, the network's are {shown(self.classes_.tolist())}"
                )
        with self._undone_on_failure():
            X, y, named = self._check(X, y, reset=not goes_on, columns=given)
            if not goes_on:
                self._start(X, self._find_classes(named if given is None else given), options)
                self.trainer_ = None
                warn_of_scale(self.network_, X)
            else:
                warn_of_other_scale("X", X, self._scale)
            self._scale = self._scale or root_mean_square(X)
            self.temperature_ = 1.0
            Y, weights, before = self._one_hot(y), self._weights(y, sample_weight), self.trainer_
            self.trainer_ = before.going_on(options) if before else Trainer.of(self.network_, options, self.rng_)
            self.trainer_.pass_once(X, Y, weights)
        return self

    @contextmanager
    def _undone_on_failure(self, keeps_epochs: bool = False) -> Iterator[None]:
        """Where the block fails, put back all that this estimator was, and the random generators that it draws from.

        Args:
            keeps_epochs: whether the epochs before a divergence or an interruption count as a training.
        """
        before = dict(vars(self))
        rewind = rewinder(self.random_state, before.get("rng_"))
        try:
            yield
        except BaseException as error:
            ended = keeps_epochs and isinstance(error, DivergenceError | KeyboardInterrupt)
            if not (ended and self.trainer_ and self.trainer_.history):
                self.__dict__ = before
                rewind()
            raise
        finally:
            if self.trainer_:
                self.history_, self.kept_epoch_ = self.trainer_.history, self.trainer_.kept_epoch
                self.n_iter_ = len(self.history_)

    def predict(self, X: Any) -> Array:
        """The labels of X, which the class describes -> (n,)."""
        return self._model().predict(self._check_inputs(X))

    def predict_proba(self, X: Any) -> Array:
        """The probabilities of `classes_`, each row summing to 1: X, which the class describes -> (n, classes)."""
        return self._model().predict_proba(self._check_inputs(X))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """The accuracy: the share, in [0, 1], of examples that `predict` gives their label; see the class."""
        answers = self.predict(X)
        labels = read_labels(y, self.classes_)[0].ravel()
        check_kind(labels, self.classes_)
        check_lengths(answers, labels)
        right = answers == labels
        weights = None if sample_weight is None else checked_weights(sample_weight, len(right))
        check_some_weight(weights, "examples", "there is no score")
        return float(np.average(right, weights=weights))

    def features(self, X: Any, layer: int) -> Array:
        """The output of the first `layer` layers, counted as in `summary`: X, which the class describes -> (n, ...).

        >>> model = DeepNeuralNetwork(hidden_layers=[8, 3], epochs=1).fit([[0, 1], [1, 0]] * 5, [0, 1] * 5)
        >>> model.features([[0, 1], [1, 1]], layer=3).shape
        (2, 3)
        """
        X, layers = self._check_inputs(X), len(self.network_.layers)
        return self.network_.features(X, check("layer", layer, int, least=1, most=layers))

    def save_model(self, path: str | Path, about: dict[str, Any] | None = None) -> None:
        """Write network, classes and history to a `.npz` file, with `about`: JSON-ready facts to keep beside them."""
        about = {} if about is None else check("about", about, FACTS)
        history = as_arrays(getattr(self, "history_", []), getattr(self, "kept_epoch_", 0))
        save_model(check("path", path, FILE), replace(self._model(), about=about), **history)

    def load_model(self, path: str | Path) -> Self:
        """Take over network, classes and, where there is one, the history from a file that `save_model` wrote.

        Raises:
            InputError: the file is no model, or its layers are not `layer_sizes`.
        """
        model, (history, kept_epoch) = load_single(check("path", path, FILE)), read_history(path)
        units = [layer.units for layer in model.network.layers if isinstance(layer, Dense)]
        sizes = [prod(model.network.input_shape), *units]
        if self.layer_sizes is not None and (own := check_sizes(self.layer_sizes)) != sizes:
            raise InputError(f"{path} holds a network of layer_sizes {shown(sizes)}, this one has {shown(own)}")
        self.rng_ = generator(self.random_state)
        for name in ("feature_names_in_", "history_", "kept_epoch_", "n_iter_"):  # of another training
            self.__dict__.pop(name, None)
        if history:
            self.history_, self.n_iter_, self.kept_epoch_ = history, len(history), kept_epoch
        self.network_, self.classes_, self.n_features_in_ = model.network, model.classes, sizes[0]
        self.temperature_, self._scale = model.temperature, 0.0
        self._made_of = self._description()
        self.trainer_ = None
        return self

    def summary(self) -> str:
        """A table of the layers with their numbers of parameters; before training it needs `layer_sizes`.

        >>> print(DeepNeuralNetwork([784, 32, 10]).summary())
        layer              output shape       parameters
         1 dense           32                     25,120
         2 relu            32                          0
         3 dense           10                        330
        total                                     25,450
        """
        if hasattr(self, "network_"):
            return self.network_.summary()
        if self.layer_sizes is None:
            raise InputError("the layers are known after training, or with layer_sizes=[features, hidden..., classes]")
        features, *_, classes = check_sizes(self.layer_sizes)
        return self._architecture().build(features, classes).summary()

    def _html_repr(self) -> str:
        """HTML for notebooks: scikit-learn's diagram and, once there is a network, its layers and learning curves."""
        html: str = estimator_html_repr(self)
        if hasattr(self, "network_"):
            html += self.network_._repr_html_() + learning_curves(getattr(self, "history_", []))
        return html

    def _architecture(self) -> Architecture:
        given = {f.name: getattr(self, f.name) for f in fields(Architecture)}
        if self.layer_sizes is not None:
            given["hidden_layers"] = hidden_of(self.layer_sizes, self.hidden_layers)
        return Architecture(**given)

    def _check(self, X: Any, y: Any, reset: bool, columns: Array | None = None) -> tuple[Array, Array, Array]:
        """X as (n, features) float32, y as (n,) labels, and the labels that name the classes of a new network.

        Args:
            X, y: see the class.
            reset: whether a new network is to be made for them.
            columns: labels that the columns of one-hot y stand for, in a new network; None counts them from 0.
        """
        y, named = read_labels(y, columns if reset else self.classes_)
        X = self._check_inputs(X, reset, LARGEST).astype(np.float32, copy=False)
        if y.ndim == 2:
            y = column_or_1d(y, warn=True)
        check_lengths(X, y)
        sizes = None if self.layer_sizes is None else check_sizes(self.layer_sizes)
        if sizes and X.shape[1] != sizes[0]:
            raise InputError(f"X has {X.shape[1]} features, layer_sizes starts with {sizes[0]}")
        return X, y, named

    def _validation(self, data: Any) -> Examples:
        """Inputs, one-hot labels and weights of the pair; a mistake in it is one of `validation_data`."""
        X, y = check("validation_data", data, PAIR)
        try:
            X, y, _ = self._check(X, y, reset=False)
            Y, weights = self._one_hot(y), self._weights(y)
        except ValueError as error:
            raise InputError(f"validation_data: {' '.join(str(error).split())}") from None
        warn_of_other_scale("X of validation_data", X, self._scale)
        return X, Y, weights

    def _check_inputs(self, X: Any, reset: bool = False, largest: float = np.inf) -> Array:
        """X as (n, features), finite float32, or float64 where it is that; a new network is made for it to `reset`."""
        if not reset:
            check_is_fitted(self, "network_")
        X = as_rows(X, self._input_shape if reset else lambda _: self.network_.input_shape)
        with np.errstate(over="ignore"):  # what is too large for float32 is found then
            X = validate_data(self, X, dtype=[np.float32, np.float64], ensure_all_finite=False, reset=reset)
        check_numbers(X, largest)
        return X

    def _input_shape(self, features: int) -> Shape:
        """The shape of an example in a new network."""
        return self._architecture().input_shape(features)

    def _find_classes(self, named: Array) -> Array:
        """The classes of a new network for such labels."""
        return find_classes(named, None if self.layer_sizes is None else check_sizes(self.layer_sizes)[-1])

    def _start(self, X: Array, classes: Array, options: Training) -> None:
        """Make the network for the data, with its random start."""
        self.rng_, self.classes_, self.temperature_, self._scale = generator(self.random_state), classes, 1.0, 0.0
        architecture = self._architecture()
        need_memory_to_train(*architecture.plan(X.shape[1], len(classes)), options, len(X))
        self.network_ = architecture.network(X.shape[1], len(classes), self.rng_)
        self._made_of = self._description()

    def _description(self) -> dict[str, Any]:
        """The options that describe the layers, as they are now."""
        values = {name: getattr(self, name) for name in ("layer_sizes", *(f.name for f in fields(Architecture)))}
        return {name: value if isinstance(value, Network) else deepcopy(value) for name, value in values.items()}

    def _check_architecture(self) -> None:
        """Raise InputError where the layers are described otherwise than when the network was made."""
        self._architecture()  # which refuses a description without end
        for name, now in self._description().items():
            made = self._made_of[name]
            if made is not now and plain(made) != plain(now):
                raise InputError(
                    f"{name} is {shown(now)}, the network was made with {shown(made)}; fit it anew, or set that back"
                )

    def _options(self, epochs: int) -> Training:
        given = converted(self) | {"epochs": epochs}  # also those of the network are checked here
        return Training(**{f.name: given[f.name] for f in fields(Training)})

    def _weights(self, y: Array, sample_weight: Any = None) -> Array | None:
        return example_weights(y, self.classes_, self.class_weight, sample_weight)

    def _one_hot(self, y: Array) -> Array:
        return one_hot(class_indices(y, self.classes_), len(self.classes_))

    def _model(self) -> Model:
        check_is_fitted(self, "network_")
        return Model(self.network_, self.classes_, temperature=self.temperature_)


def facts(value: Any) -> dict[str, Any]:
    """A mapping of texts to what JSON can hold."""
    json.dumps(by_name(value))
    return dict(value)


FACTS = Kind("JSON-ready facts by their names", facts)
