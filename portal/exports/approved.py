"""What was approved of a protected file: the accepted rows and columns, without what a region refused of its own."""

import pandas as pd

from portal.disclosure.missing import SUPPRESSED
from portal.disclosure.ruleset import RuleSet
from portal.exports import menu, selection
from portal.requests.scope import Scope


def chosen(protected: pd.DataFrame, scope: Scope, rules: RuleSet) -> pd.DataFrame:
    """Return the accepted rows and columns. Where one region refused a variable, its rows show it as hidden."""
    families = dict(menu.families(rules))
    keys = [column for family in scope.families for column in families[family]]
    wanted = [str(name) for name in protected.columns if name in {*keys, *scope.variables}]
    approved = as_approved(protected, scope)
    filterable = menu.filter_columns(rules)
    parts = [selection.select(approved, part.filters, columns=wanted, key_columns=filterable) for part in scope.parts]
    return pd.concat(parts, ignore_index=True)


def as_approved(protected: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """Return the protected file with each region's refused variables hidden in that region's rows."""
    approved = protected.copy()
    for part in scope.parts:
        refused = [name for name in scope.variables if name not in part.variables]
        mine = pd.Series(data=True, index=approved.index)
        for column, values in part.filters.items():
            mine &= approved[column].isin(values)
        approved.loc[mine, refused] = SUPPRESSED
    return approved
