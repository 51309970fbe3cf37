"""The sentences of the clauses about use: what one says, what was asked, what to do next."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

OUTPUT: Mapping[str, LazyString] = {
    "internal_analysis": _("Internal analysis"),
    "public_report": _("Public report"),
    "academic_publication": _("Academic publication"),
    "dashboard": _("Dashboard"),
    "operational_use": _("Operational use: programmes and assistance"),
}
ENFORCEMENT: Mapping[str, LazyString] = {
    "law_enforcement": _("Law enforcement"),
    "border_control": _("Border control"),
    "migration_enforcement": _("Migration enforcement"),
}
ONWARD: Mapping[str, LazyString] = {
    "none": _("It is not passed on"),
    "named": _("To named bodies"),
    "subpartners": _("To sub-partners under the same terms"),
}
MATCHING: Mapping[str, LazyString] = {
    "forbidden": _("Forbidden"),
    "named": _("With a named dataset, if the data protection officer agrees"),
}
MATCHED: Mapping[str, LazyString] = {"none": _("It is not matched"), "named": _("With this dataset")}
FACTOR: Mapping[str, LazyString] = {"pwd": _("password"), "otp": _("one-time code"), "hwk": _("passkey")}
SIGN_IN: Mapping[str, LazyString] = {
    "pwd otp": _("Password and one-time code"),
    "pwd": _("Password"),
}
VALUES: Mapping[str, Mapping[str, LazyString]] = {
    "outputs": OUTPUT,
    "onward": ONWARD,
    "matching": MATCHED,
    "factors": FACTOR,
}
"""What the codes of a finding's particulars are called: what was asked."""

SAYS: Mapping[str, Mapping[str, LazyString]] = {"onward": ONWARD, "matching": MATCHING}
"""And what the clause says of it."""

CLAUSE: Mapping[str, tuple[LazyString, LazyString]] = {
    "purpose": (
        _("The purpose is covered: %(purpose)s."),
        _("The agreement covers these purposes only: %(allowed)s. Asked for: %(purpose)s."),
    ),
    "enforcement": (
        _("It is not for law enforcement, border control or migration enforcement."),
        _(
            "The data is never given for law enforcement, border control or migration enforcement, whatever an "
            "agreement says. Asked for: %(purpose)s."
        ),
    ),
    "outputs": (
        _("The outputs are covered."),
        _("The agreement covers these outputs only: %(allowed)s. Asked for: %(outputs)s."),
    ),
    "onward": (
        _("Passing on is within the agreement: %(onward)s."),
        _("On passing the data on, the agreement says: %(says)s. Asked for: %(onward)s."),
    ),
    "matching": (
        _("Matching with other data is within the agreement: %(matching)s."),
        _("On matching with other data, the agreement says: %(says)s. Asked for: %(matching)s."),
    ),
    "address": (
        _("It is fetched from where the agreement allows."),
        _("The agreement allows this only from these networks: %(ranges)s. You are not in one of them."),
    ),
    "factors": (
        _("The sign-in is as strong as the agreement demands."),
        _("For a download the agreement demands this sign-in: %(factors)s."),
    ),
    "acceptance": (
        _("The terms, as they stand, are accepted."),
        _("You have not accepted the agreement's terms as they stand now."),
    ),
}
BROKEN: Mapping[str, LazyString] = {
    "enforcement": _("It is for law enforcement, border control or migration enforcement."),
    "outputs": _("An output is not covered."),
    "onward": _("The agreement does not let the data be passed on like this."),
    "matching": _("The agreement does not let the data be matched like this."),
    "address": _("It comes from a network that the agreement does not name."),
    "factors": _("The sign-in is weaker than the agreement demands."),
    "acceptance": _("The agreement's terms, as they stand, are not accepted."),
}
_CHANGE = _("Change what is asked for: a draft is kept as you left it. Or ask the coordinator to change the agreement.")
_WAIT = _("Ask your focal point or the coordinator where this stands; nothing you typed is lost.")
NEXT: Mapping[str, LazyString] = {
    **dict.fromkeys(("purpose", "dataset", "regions", "tier", "sensitivity", "request_end"), _CHANGE),
    **dict.fromkeys(("outputs", "onward", "matching"), _CHANGE),
    "enforcement": _(
        "There is no way to receive this data for such a purpose. If you chose it by mistake, correct the draft: it is "
        "kept."
    ),
    "address": _("Try again from one of these networks, or have the agreement changed."),
    "factors": _("Sign out, and sign in again as the agreement demands."),
    "renewal": _("Whoever asked confirms it on the page of the request; from then on it goes on as before."),
    "acceptance": _("Read the terms and accept them; then you are back where you were."),
}


def next_steps(clauses: tuple[str, ...]) -> list[str]:
    """Return what to do about broken clauses, each thing once; where nothing particular helps, whom to ask."""
    return list(dict.fromkeys(str(NEXT.get(name, _WAIT)) for name in clauses))


def listed(values: Mapping[str, LazyString], codes: str) -> str:
    """Return the names of blank-separated codes, "–" for none."""
    return ", ".join(str(values.get(code, code)) for code in codes.split()) or "–"
