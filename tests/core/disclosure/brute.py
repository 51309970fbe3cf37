"""Definitions, counted the slow way, one record after another. They share no code with what they check."""

from collections import Counter

HIDDEN = ".s"


def rows_of(frame, columns):
    return [tuple(frame[column].iloc[at] for column in columns) for at in range(len(frame))]


def strict(frame, columns):
    rows = rows_of(frame, columns)
    counts = Counter(rows)
    return [counts[row] for row in rows]


def attacker(original, released, columns, hidden=HIDDEN):
    truths, given = rows_of(original, columns), rows_of(released, columns)
    return [sum(all(b in (hidden, a) for a, b in zip(truth, row, strict=True)) for row in given) for truth in truths]


def match(frame, columns, alpha, weights, hidden=HIDDEN):
    """fk and Fk by the written rule: what counts for what depends on which of the two has hidden cells."""
    rows = rows_of(frame, columns)
    n = len(rows)
    fk, mass = [], []
    for row in rows:
        mine = sum(cell == hidden for cell in row)
        totals = [0.0, 0.0]
        for other in range(n):
            theirs = sum(cell == hidden for cell in rows[other])
            fits = all(a == b or hidden in (a, b) for a, b in zip(row, rows[other], strict=True))
            if not fits:
                share = 0.0
            elif mine == len(columns) or rows[other] == row or theirs == 0:
                share = 1.0
            elif mine == 0 and theirs == len(columns):
                share = 0.0
            else:
                share = alpha
            totals[0] += share
            totals[1] += share * weights[other]
        fk.append(totals[0])
        mass.append(totals[1])
    return fk, mass


def assured(frame, columns, hidden=HIDDEN):
    """Rows that fit every key a row may stand for: hidden where it is hidden, and elsewhere hidden or alike."""
    rows = rows_of(frame, columns)
    return [sum(all(b in {hidden, a} for a, b in zip(row, other, strict=True)) for other in rows) for row in rows]


def joint_sizes(files):
    """How many people share each one's whole history over the files, by name; a file maps names to what it shows."""
    known = {name: tuple(file.get(name) for file in files) for name in {one for file in files for one in file}}
    return {name: sum(1 for other in known.values() if other == mine) for name, mine in known.items()}


def cells_of(frame, columns):
    """What a file shows of each interview."""
    return {row["interview_id"]: tuple(row[column] for column in columns) for row in frame.to_dict("records")}
