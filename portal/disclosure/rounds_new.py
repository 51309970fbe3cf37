"""Rows that a tier shows for the first time, or with other keys than before: protected among themselves."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from portal.disclosure import families as trees
from portal.disclosure.classes import Ints, class_of, pack
from portal.disclosure.company import together
from portal.disclosure.diversity import enforce
from portal.disclosure.protect import Source, Suppressed, suppressed
from portal.disclosure.ruleset import RuleSet
from portal.disclosure.suppress import ranks


@dataclass
class Fresh:
    """New rows. Fewer than k cannot be shown: they wait for a version that brings more of them."""

    source: Source
    rules: RuleSet
    done: dict[int, Suppressed] = field(default_factory=dict)

    @property
    def waiting(self) -> int:
        """How many rows wait."""
        return len(self.source.derived) if len(self.source.derived) < self.rules.k else 0

    @property
    def rows(self) -> int:
        """How many rows are shown."""
        return len(self.source.derived) - self.waiting

    def beside(self, others: pd.DataFrame) -> Suppressed:
        """The new rows, at the smallest k with which they and the ``others`` keep an enforced mean risk.

        Where none does, all new rows are alike; then it is for the others to leave.
        """
        limits = self.rules.limits
        tried = self._at(self.rules.k)
        if limits.mean_risk is None or not limits.mean_enforced or not self.rows:
            return tried
        low = tried.k
        while self._mean(tried, others) > limits.mean_risk and tried.k < self.rows:
            low, tried = tried.k, self._at(min(2 * tried.k, self.rows))
        while tried.k - low > 1:
            middle = self._at((low + tried.k) // 2)
            if self._mean(middle, others) <= limits.mean_risk:
                tried = middle
            else:
                low = middle.k
        return tried

    def _mean(self, tried: Suppressed, others: pd.DataFrame) -> float:
        keys = pd.concat([tried.frame, others])[self.rules.key_columns]
        return len(keys.drop_duplicates()) / len(keys)

    def _at(self, k: int) -> Suppressed:
        if k not in self.done:
            self.done[k] = self._protected(k)
        return self.done[k]

    def _protected(self, k: int) -> Suppressed:
        if not self.rows:
            return Suppressed(self.source.derived.iloc[:0], 0, k)
        alone = replace(self.rules, k=k, limits=replace(self.rules.limits, mean_enforced=False))
        keyed = suppressed(self.source, alone)
        made, _, _ = enforce(keyed.frame, class_of(keyed.frame, self.rules.key_columns), self.rules)
        return replace(keyed, frame=made)


def anew(derived: pd.DataFrame, classes: Ints, rules: RuleSet) -> pd.DataFrame:
    """Corrected rows (m,), each among those that were of its class (m,), of which there are k at least."""
    if derived.empty:
        return derived
    built = [trees.build(derived, key) for key in rules.keys]
    leaves = np.column_stack([leaf for _, leaf in built])
    forest = [family for family, _ in built]
    block = np.unique(classes, return_inverse=True)[1].astype(np.int64)
    shown = together(forest, leaves, block, ranks(derived, rules.duplicates.id), rules.k)
    made = trees.write(derived, forest, leaves, shown)
    return enforce(made, pack([block, class_of(made, rules.key_columns)]), rules)[0]
