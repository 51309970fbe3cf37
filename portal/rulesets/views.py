"""The pages of rule sets: what is in force, what it was before, and how it is changed."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from portal import policy
from portal.catalogue.schemas import LockForm
from portal.disclosure import ruleset
from portal.disclosure.ruleset import TIERS, RuleSet
from portal.errors import Invalid, NotFound
from portal.permissions import Permission
from portal.rulesets import actions, queries, words
from portal.rulesets.change import changes, numbers_of, wanted_of
from portal.rulesets.models import RuleSetVersion
from portal.rulesets.schemas import ProposalForm
from portal.web import forms, guard, pages

bp = Blueprint("rulesets", __name__, url_prefix="/rules")


def offer() -> None:
    """Put the rule sets into the navigation."""
    pages.add_navigation("rulesets.shelf", lazy_gettext("Rule sets"), Permission.RULES_READ)


@bp.get("")
@guard.needs(Permission.RULES_READ, event="rules.viewed")
def shelf() -> ResponseReturnValue:
    """List the tiers with the rule set in force for each."""
    shown = [(tier, queries.number(tier), queries.current(tier), queries.proposal(tier)) for tier in TIERS]
    return render_template("rulesets/list.html", shown=shown, words=words)


@bp.get("/<tier>")
@guard.needs(Permission.RULES_READ, event="rules.viewed")
def rule_set(tier: str) -> ResponseReturnValue:
    """Show a tier's rule set in force, what waits for a signature, and every version before."""
    actor, rules = guard.actor(), queries.current(_known(tier))
    versions = queries.versions(actor, tier)
    return render_template(
        "rulesets/rule_set.html",
        tier=tier,
        number=queries.number(tier),
        rules=rules,
        keys=[(words.family(key.name), ", ".join(map(words.level, key.columns))) for key in rules.keys],
        limits=[(words.NUMBER[name], words.number(name, value)) for name, value in numbers_of(rules).items()],
        versions=[(one, _differences(one)) for one in versions],
        waiting=[one for one in versions if one.status == "proposed"],
        may_confirm={one.ref: policy.may(actor, Permission.RULES_CONFIRM, one) for one in versions},
        may_drop={one.ref: policy.may(actor, Permission.RULES_DROP, one) for one in versions},
        words=words,
    )


def _differences(version: RuleSetVersion) -> list[str]:
    return [words.change(one) for one in changes(queries.before(version), queries.read(version))]


def _known(tier: str) -> str:
    if tier not in TIERS:
        raise NotFound("rule set: no such tier")
    return tier


@bp.get("/<tier>/change")
@guard.needs(Permission.RULES_PROPOSE, event="rules.viewed")
def change(tier: str) -> ResponseReturnValue:
    """Show the form that proposes a change."""
    return _form_page(_known(tier), _values(queries.current(tier)), sorted(_released(queries.current(tier))), {})


@bp.post("/<tier>/change")
@guard.needs(Permission.RULES_PROPOSE)
def propose(tier: str) -> ResponseReturnValue:
    """Propose a change; the form comes back with what was typed if some of it cannot be taken."""
    try:
        actions.propose(guard.actor(), _known(tier), forms.read(ProposalForm()))
    except Invalid as wrong:
        values = {"mean_enforced": "", **request.form.to_dict()}
        return _form_page(tier, values, request.form.getlist("released"), wrong.fields), 400
    flash(_("Proposed. It takes effect once somebody of the other office confirms it."), "success")
    return redirect(url_for("rulesets.rule_set", tier=tier), 303)


def _values(rules: RuleSet) -> dict[str, Any]:
    limits = rules.limits
    shares = {name: getattr(limits, name) for name in ("mean_risk", "alpha", "margin")} | {"gap": rules.aims.gap}
    return {
        "number": queries.number(rules.tier),
        "k": rules.k,
        **{name: "" if share is None else f"{100 * share:g}" for name, share in shares.items()},
        "mean_enforced": "yes" if limits.mean_enforced else "",
        "change": "" if rules.aims.change is None else f"{rules.aims.change:g}",
        "min_no": limits.min_no,
        "min_enumerators": limits.min_enumerators,
        **{f"finest.{key}": column for key, column in wanted_of(rules).finest.items()},
        "reason": "",
    }


def _released(rules: RuleSet) -> frozenset[str]:
    return wanted_of(rules).released


def _form_page(tier: str, values: dict[str, Any], released: list[str], errors: dict[str, list[str]]) -> str:
    base = ruleset.default(tier)
    return render_template(
        "rulesets/change.html",
        tier=tier,
        base=base,
        values=values,
        released=released,
        errors=errors,
        tables="; ".join(" × ".join(map(words.level, table)) for table in base.aims.tables),
        variables=[(one.variable, f"{words.variable(one.variable)} ({one.variable})") for one in base.treatments],
        words=words,
    )


@bp.post("/versions/<ref>/confirm")
@guard.needs(Permission.RULES_CONFIRM)
def confirm(ref: str) -> ResponseReturnValue:
    """Put a proposed version in force."""
    made = actions.confirm(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("In force. The next round that is published is protected by it."), "success")
    return redirect(url_for("rulesets.rule_set", tier=made.tier), 303)


@bp.post("/versions/<ref>/drop")
@guard.needs(Permission.RULES_DROP)
def drop(ref: str) -> ResponseReturnValue:
    """Drop a proposed version."""
    made = actions.drop(guard.actor(), ref, lock=forms.read(LockForm()).lock)
    flash(_("Dropped. The version in force stays."), "success")
    return redirect(url_for("rulesets.rule_set", tier=made.tier), 303)
