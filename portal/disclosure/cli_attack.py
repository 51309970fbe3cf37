"""What `attack` tries on a file, and `protect` on the one it has just made: as an attacker reads them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from portal.disclosure.attack import AttackReport, attack, plain_keys
from portal.disclosure.cli_files import HIDDEN
from portal.disclosure.cli_levels import unfold
from portal.disclosure.generalise import Hierarchy
from portal.disclosure.rare import LEVEL
from portal.disclosure.ruleset import Duplicates, Key, RuleSet

ROW = "\0row"


def attacked(
    original: pd.DataFrame, released: pd.DataFrame, keys: Sequence[str], read: Mapping[str, Hierarchy], k: int
) -> AttackReport:
    """Attack a released file of text beside the true one.

    As many rows in both are the same records in the same order; otherwise nothing is known of who is in.
    """
    original, released, levels = _by_levels(original, released, keys, read)
    if len(original) == len(released):
        rows = pd.array(np.arange(len(original)).astype(str), dtype="str")
        original, released = original.assign(**{ROW: rows}), released.assign(**{ROW: rows})
    return attack(original, released, rules_of(levels, k), hidden=HIDDEN)


def lost(found: AttackReport) -> str:
    """The attacks that succeeded, by commas."""
    return ", ".join(sorted(name for name, one in found.attacks.items() if not one.passed))


def rules_of(keys: tuple[Key, ...], k: int) -> RuleSet:
    """The rule set that keys and k amount to. Raises BadInput for a k that protects nobody."""
    return RuleSet("command line", "1", "partner", k, keys, duplicates=Duplicates(ROW)).validate()


def _by_levels(
    original: pd.DataFrame, released: pd.DataFrame, keys: Sequence[str], read: Mapping[str, Hierarchy]
) -> tuple[pd.DataFrame, pd.DataFrame, tuple[Key, ...]]:
    """Both files with a column per level of each key that has a hierarchy, and the keys that these are."""
    if not read:
        return original, released, plain_keys(keys)
    both = unfold(original, released, keys, read)
    gone = {*keys, *(key + LEVEL for key in read)}
    others = released[[name for name in released if name not in gone]]
    return both.original, pd.concat([both.released, others], axis=1), both.keys
