"""The parts of a rule set. All frozen: a rule set that changes is another version."""

from dataclasses import dataclass

HOW = ("keep", "parents", "bands", "groups", "any_none")
ROLES = ("non_confidential", "sensitive", "quasi_identifier")


@dataclass(frozen=True)
class Level:
    """One column of a key family: where it comes from, by which steps, and what hiding it costs.

    ``via`` holds steps applied in order to ``source``: ``date:year`` (also half, quarter, month), ``bands:NAME``
    (the rule set's own cut points) or the name of a choice list whose codes are replaced by their parents.
    ``cost`` is the information lost by hiding this level, in any unit that the rule set keeps to.
    """

    column: str
    source: str
    via: tuple[str, ...] = ()
    cost: float = 1.0


@dataclass(frozen=True)
class Key:
    """A family of quasi-identifying columns, ordered from the coarsest level to the finest."""

    name: str
    levels: tuple[Level, ...]
    weight: float = 1.0

    @property
    def columns(self) -> tuple[str, ...]:
        """The family's columns, coarsest first."""
        return tuple(level.column for level in self.levels)


@dataclass(frozen=True)
class Treatment:
    """How one variable is released beside the keys, and why it may be.

    ``how``: keep | parents (codes become their parents along ``via``) | bands (``via`` holds the name of the cut
    points) | groups (``groups`` maps code to code, what it does not name becomes ``other``) | any_none (a
    select-multiple becomes yes or no). ``gate`` names the variable whose answer decides whether this one was asked:
    where the gate is hidden, so is this. ``skipped`` is the code given to a skipped cell whose gate says ``no``: a
    true answer instead of a blank. The role ``quasi_identifier`` is for event files, where place and date are those
    of an event: in a file about persons such a variable is a key or it is not released.
    """

    variable: str
    how: str = "keep"
    role: str = "non_confidential"
    reason: str = ""
    via: tuple[str, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()
    multiple: bool = False
    sensitive_codes: tuple[str, ...] = ()
    gate: str = ""
    skipped: str = ""


@dataclass(frozen=True)
class Exclude:
    """Rows that stay out, and the reason they are counted under. ``keep`` turns it round: only these values stay in."""

    reason: str
    column: str
    values: tuple[str, ...]
    via: tuple[str, ...] = ()
    keep: bool = False
    optional: bool = False


@dataclass(frozen=True)
class Limits:
    """Numbers a protected file must keep. Shares and risks lie in 0..1; None asks for nothing."""

    max_risk: float | None = None
    mean_risk: float | None = None
    mean_enforced: bool = False
    alpha: float = 0.5
    margin: float = 0.1
    min_no: int = 2
    min_enumerators: int = 0
    enumerator: str = "username"
    enumerator_cell: tuple[str, ...] = ("admin1", "year")


@dataclass(frozen=True)
class Aims:
    """What readers must still be able to use; None asks for nothing. A plan that cannot keep an aim says so.

    ``gap`` (0..1): no group of ``groups`` (a key column for each of its values, or ``column=value`` for one) shows a
    share of its key cells farther than this from the share that all rows show. ``change`` (percent points, 0..100): no
    cell of a cross-table in ``tables`` (key columns) moves farther, as a share of its table, for readers who count the
    rows that show all its columns.
    """

    gap: float | None = None
    change: float | None = None
    groups: tuple[str, ...] = ("gender=woman",)
    tables: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Duplicates:
    """When two rows are one: the same ``id``, or the same content in all columns but ``ignore``.

    Content is compared only where every column of ``needs`` is there: without the interview's own clock, two people
    who gave the same answers would be taken for one.
    """

    id: str = "interview_id"
    ignore: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
