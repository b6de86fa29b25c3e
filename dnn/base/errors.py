"""The one kind of error that a person, not a bug, causes."""


class InputError(ValueError):
    """Something that a person gave cannot be used.

    The message is one line to be shown as it is: what is wrong, where, the values that disagree and what to do next.
    Commands print it and exit with status 1; a traceback is for bugs.
    """
