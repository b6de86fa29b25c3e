"""A block of a page that a command makes, between two marks that stay."""

from dnn.base.errors import InputError


def filled(page: object, text: str, begin: str, end: str, block: str) -> str:
    """The text of the page with the block between its marks, in place of what stands there.

    Raises:
        InputError: the page does not have the marks.
    """
    before, first, rest = text.partition(begin)
    _, last, after = rest.partition(end)
    if not (first and last):
        raise InputError(f"{page} has no lines {begin} and {end}, between which the table belongs; it stays as it is")
    return f"{before}{begin}{block}{end}{after}"
