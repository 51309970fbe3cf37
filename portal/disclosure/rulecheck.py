"""What a rule set must satisfy to exist. Limits that contradict its k cannot be made, so they cannot be saved."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import isfinite

from portal.disclosure.refusals import BadInput
from portal.disclosure.ruleparts import HOW, ROLES, Aims, Key, Level, Limits, Treatment

LOWEST_K = 2
DATE_STEPS = ("date:year", "date:half", "date:quarter", "date:month")
Bands = Mapping[str, tuple[tuple[float, str], ...]]


def check_k(k: int, *, tier: str, keys: tuple[Key, ...], limits: Limits) -> None:
    """Refuse a k that protects nobody, person tiers without keys, and limits that contradict k."""
    if tier == "event":
        if keys:
            raise BadInput("keys: an event file carries no person keys")
        return
    if not keys:
        raise BadInput("keys: a file about persons needs at least one key")
    if k < LOWEST_K:
        raise BadInput(f"k: below {LOWEST_K} protects nobody")
    check_limits(k, limits)


def check_limits(k: int, limits: Limits) -> None:
    """Refuse shares outside 0..1 and risks that k alone cannot keep.

    >>> check_limits(5, Limits(max_risk=0.09))
    Traceback (most recent call last):
    ...
    portal.disclosure.refusals.BadInput: limits.max_risk: 0.09 is below 1/k = 0.2; it needs k = 12 or more
    """
    for name in ("max_risk", "mean_risk", "alpha", "margin"):
        value = getattr(limits, name)
        if value is not None and not (isfinite(value) and 0 <= value <= 1):
            raise BadInput(f"limits.{name}: must lie in 0..1")
    if limits.max_risk is not None and limits.max_risk * k < 1 - 1e-9:
        needed = "no k" if limits.max_risk == 0 else f"k = {-int(-1 // limits.max_risk)} or more"
        raise BadInput(f"limits.max_risk: {limits.max_risk:g} is below 1/k = {1 / k:g}; it needs {needed}")
    if limits.mean_risk == 0:
        raise BadInput("limits.mean_risk: 0 cannot be reached by any file with a row in it")
    if limits.mean_enforced and limits.mean_risk is None:
        raise BadInput("limits.mean_enforced: needs limits.mean_risk")
    if limits.min_no < 1:
        raise BadInput("limits.min_no: below 1 lets a whole class say yes")
    if limits.min_enumerators < 0:
        raise BadInput("limits.min_enumerators: must be 0 or more")


def check_aims(aims: Aims) -> None:
    """Refuse aims outside their range, and a table of no columns."""
    for name, most in (("gap", 1.0), ("change", 100.0)):
        value = getattr(aims, name)
        if value is not None and not (isfinite(value) and 0 <= value <= most):
            raise BadInput(f"aims.{name}: must lie in 0..{most:g}")
    if any(not table for table in aims.tables):
        raise BadInput("aims.tables: a table needs at least one column")


def check_keys(keys: Iterable[Key], bands: Bands) -> None:
    """Refuse empty families, columns named twice, steps that do not exist and costs that are not above 0."""
    levels = [level for key in keys for level in key.levels]
    for key in keys:
        if not key.levels:
            raise BadInput(f"keys.{key.name}: has no level")
        if not (isfinite(key.weight) and key.weight > 0):
            raise BadInput(f"keys.{key.name}: weight must be above 0")
    _once("keys", [level.column for level in levels])
    for level in levels:
        _check_level(level, bands)


def _check_level(level: Level, bands: Bands) -> None:
    if not (isfinite(level.cost) and level.cost > 0):
        raise BadInput(f"keys.{level.column}: cost must be above 0")
    check_steps(f"keys.{level.column}", level.via, bands)


def check_steps(path: str, via: Iterable[str], bands: Bands) -> None:
    """Refuse a step that is neither a date part, known bands, nor a plain list name."""
    for step in via:
        if step.startswith("date:") and step not in DATE_STEPS:
            raise BadInput(f"{path}: {step} is none of {', '.join(DATE_STEPS)}")
        if step.startswith("bands:") and step.removeprefix("bands:") not in bands:
            raise BadInput(f"{path}: {step} has no cut points in bands")


def check_bands(bands: Bands) -> None:
    """Refuse empty bands and cut points that do not rise."""
    for name, cuts in bands.items():
        edges = [edge for edge, _ in cuts]
        if not edges or any(low >= high for low, high in pairwise(edges)):
            raise BadInput(f"bands.{name}: lower edges must rise")


def check_treatments(treatments: tuple[Treatment, ...], key_columns: Iterable[str], bands: Bands) -> None:
    """Refuse a treatment that could release more than it says."""
    key_columns = list(key_columns)
    _once("treatments", [*key_columns, *(one.variable for one in treatments)])
    named = {one.variable for one in treatments}
    for one in treatments:
        path = f"treatments.{one.variable}"
        _check_how(path, one, bands)
        if key_columns:
            _check_role(path, one)
        if one.role not in ROLES:
            raise BadInput(f"{path}: role must be one of {', '.join(ROLES)}")
        if not one.reason.strip():
            raise BadInput(f"{path}: give the reason why it may be released")
        if one.gate and one.gate not in named:
            raise BadInput(f"{path}: its gate {one.gate} is not released, and having an answer would reveal it")
    _check_gates(treatments)


def _check_role(path: str, one: Treatment) -> None:
    if one.role == "quasi_identifier":
        raise BadInput(f"{path}: beside persons a quasi-identifier is a key or it is not released")
    if one.role == "sensitive" and not one.sensitive_codes:
        raise BadInput(f"{path}: a sensitive variable needs sensitive_codes")


def _check_how(path: str, one: Treatment, bands: Bands) -> None:
    if one.how not in HOW:
        raise BadInput(f"{path}: how must be one of {', '.join(HOW)}")
    if one.how == "bands" and (len(one.via) != 1 or one.via[0] not in bands):
        raise BadInput(f"{path}: bands needs the name of one set of cut points")
    if one.how == "parents" and not one.via:
        raise BadInput(f"{path}: parents needs the lists to go along")
    if one.how == "groups" and not one.groups:
        raise BadInput(f"{path}: groups needs its groups")
    if one.how == "any_none" and not one.multiple:
        raise BadInput(f"{path}: any_none is for a select-multiple")


def _check_gates(treatments: tuple[Treatment, ...]) -> None:
    gates = {one.variable: one.gate for one in treatments if one.gate}
    for start in gates:
        seen, at = {start}, gates.get(start, "")
        while at:
            if at in seen:
                raise BadInput(f"treatments.{start}: its gates go round in a circle")
            seen.add(at)
            at = gates.get(at, "")


def _once(path: str, names: Iterable[str]) -> None:
    for name, times in Counter(names).items():
        if not name or times > 1:
            raise BadInput(f"{path}.{name}: named {times} times" if name else f"{path}: a name is empty")
