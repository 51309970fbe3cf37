"""The sentences of an agreement's way: its kinds, steps, files and what a data protection officer records."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from portal.agreements import words, words_clauses

KIND: Mapping[str, LazyString] = {
    "mou": _("Memorandum of understanding"),
    "licence": _("Licence for one project"),
}
LEGAL: Mapping[str, LazyString] = {
    "public_task": _("A task in the public interest (article 6(1)(e))"),
    "legitimate_interests": _("Legitimate interests (article 6(1)(f))"),
    "research": _("Research with safeguards (articles 9(2)(j) and 89)"),
    "consent": _("Consent of the people interviewed (articles 6(1)(a) and 9(2)(a))"),
}
TRANSFER: Mapping[str, LazyString] = {
    "none": _("None: the data stays in the European Economic Area"),
    "adequacy": _("To a country with an adequacy decision (article 45)"),
    "clauses": _("Standard contractual clauses (article 46)"),
    "international": _("To an international organisation with privileges and immunities, decided by us with reasons"),
    "derogation": _("An exception (article 49)"),
}
ROLES: Mapping[str, LazyString] = {
    "independent": _("Two independent controllers"),
    "joint": _("Joint controllers (article 26)"),
    "processor": _("The partner processes for us (article 28)"),
}
DEED: Mapping[str, LazyString] = {
    "create": _("Drafted"),
    "renew": _("Drafted as a renewal"),
    "save": _("Draft changed"),
    "share": _("Shared with the partner"),
    "recall": _("Taken back by MMC"),
    "hand_back": _("Handed back by the partner"),
    "accept": _("Text accepted by the partner"),
    "record": _("Legal basis recorded"),
    "send_back": _("Returned by the data protection officer"),
    "reopen": _("Opened again to change the text"),
    "sign": _("Signed"),
    "complete": _("Signed by both sides"),
    "adopt": _("Paper confirmed by the data protection officer"),
    "begin": _("Took effect"),
    "drop": _("Dropped"),
    "suspend": _("Suspended"),
    "resume": _("Resumed"),
    "notice": _("Notice given"),
    "terminate": _("Terminated"),
    "conclude": _("Terminated: the notice is over"),
    "expire": _("Last day reached"),
    "supersede": _("Replaced by a later version"),
    "close": _("Closed"),
}
SCAN: Mapping[str, LazyString] = {
    "clean": _("scanned, nothing found"),
    "not_scanned": _("not scanned for viruses"),
}
PAPER: Mapping[str, LazyString] = {
    "signed": _("Signed document or scan"),
    "draft": _("Draft for reading"),
    "dpia": _("Data protection impact assessment"),
}
FIELD: Mapping[str, LazyString] = {
    "kind": _("Kind"),
    "title_en": _("Title in English"),
    "title_fr": _("Title in French"),
    "text_en": _("Terms"),
    "starts_on": _("First day"),
    "ends_on": _("Last day"),
    "time_zone": _("Time zone"),
    "purposes": _("Purposes"),
    "datasets": _("Datasets"),
    "regions": _("Regions"),
    "tier": _("Finest kind of file"),
    "most_sensitive": _("Most sensitive class"),
    "download_limit": _("Downloads by each recipient"),
    "release_days": _("Days a file can be fetched"),
    "outputs": _("Outputs"),
    "onward_sharing": _("Passing on"),
    "onward_bodies": _("Named bodies"),
    "matching": _("Matching with other data"),
    "retention_days": _("Days to destroy every copy"),
    "publication_review_days": _("Days manuscripts are shown before"),
    "ip_ranges": _("Networks to download from"),
    "factors": _("Sign-in for a download"),
    "organisation": _("Organisation"),
    "mmc_signatory": _("Signs for MMC"),
    "partner_signatory": _("Signs for the partner"),
}

CODES: Mapping[str, Mapping[str, LazyString]] = {
    "kind": KIND,
    "purposes": words.PURPOSE,
    "tier": words.TIER,
    "outputs": words_clauses.OUTPUT,
    "onward_sharing": words_clauses.ONWARD,
    "matching": words_clauses.MATCHING,
    "factors": words_clauses.FACTOR,
}


def value(name: str, said: object, names: Mapping[str, str]) -> str:
    """Return what a clause says in words; ``names`` are of people and organisations by reference."""
    if isinstance(said, list):
        return ", ".join(value(name, one, names) for one in said) or "–"
    if said in (None, ""):
        return "–"
    text = str(said)
    if name in {"starts_on", "ends_on"}:
        return words.day(text)
    if name == "regions":
        return words.region(text)
    if name == "most_sensitive" and isinstance(said, int):
        return str(words.SENSITIVITY.get(said, text))
    found = CODES.get(name, {}).get(text)
    return str(found) if found else names.get(text, text)
