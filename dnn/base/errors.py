"""The errors and warnings that a person, not a bug, causes."""


class InputError(ValueError):
    """Something that a person gave cannot be used.

    The message is one line to be shown as it is: what is wrong, where, the values that disagree and what to do next.
    Commands print it and exit with status 1; a traceback is for bugs.
    """


class TrainingWarning(UserWarning):
    """A training that runs, but is likely to fail, or has failed, with what it was given.

    The message is one line to be shown as it is: what is wrong, the values, what to do next.
    """
