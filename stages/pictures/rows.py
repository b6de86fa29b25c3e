"""The order in which digits are read: rows from the top, each from left to right."""

from stages.pictures.marks import Mark

SAME_ROW, STACKED = 0.25, 0.5  # of the lower digit's height: overlap of two in a row, and where one is above the other


def in_rows(digits: list[Mark]) -> list[list[Mark]]:
    """In the order in which they are read. A row may slant, and its digits may be of different heights: each belongs to
    the row whose end, the last three digits, it overlaps most.
    """
    rows: list[list[Mark]] = []
    for digit in sorted(digits, key=lambda digit: digit.left):
        fits = [in_row(row[-3:], digit) for row in rows]
        if fits and max(fits) > 0:
            rows[fits.index(max(fits))].append(digit)
        else:
            rows.append([digit])
    return sorted(rows, key=lambda row: sum(digit.top + digit.bottom for digit in row) / len(row))


def in_row(end: list[Mark], digit: Mark) -> float:
    """Overlap of a digit and the end of a row, as a share of the lower one's height; 0 where it is not in it."""
    overlap = max(side_by_side(other, digit) for other in end)
    if overlap <= SAME_ROW:
        return 0.0
    is_stacked = any(one_above_other(other, digit) > 0.5 for other in end)
    return overlap if overlap > STACKED or not is_stacked else 0.0


def shared(start: int, end: int, other_start: int, other_end: int) -> float:
    """Overlap of two intervals, as a share of the shorter one; below 0 it is a gap."""
    return (min(end, other_end) - max(start, other_start)) / min(end - start, other_end - other_start)


def side_by_side(mark: Mark, other: Mark) -> float:
    """Overlap of two marks in height."""
    return shared(mark.top, mark.bottom, other.top, other.bottom)


def one_above_other(mark: Mark, other: Mark) -> float:
    """Overlap of two marks in width."""
    return shared(mark.left, mark.right, other.left, other.right)
