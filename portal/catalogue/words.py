"""The catalogue in the reader's words: the dictionary's sections, and what is wrong with a codebook.

A codebook is read without a reader in sight, so its faults are English; here each is found again and said anew.
"""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from portal import i18n
from portal.catalogue.intake_severity import N_

SECTION: Mapping[str, LazyString] = {
    "01_paradata": _("About the interview"),
    "02_instrument_consent": _("Instrument and consent"),
    "03_interview": _("Interview"),
    "04_profile": _("Profile"),
    "05_departure": _("Departure"),
    "06_drivers": _("Reasons for leaving"),
    "07_decision_information": _("Decision and information"),
    "08_route": _("Route"),
    "09_cost_finance": _("Cost and finance"),
    "10_smuggling": _("Smuggling"),
    "11_dangerous_places": _("Dangerous places"),
    "12_incidents_experienced": _("Incidents experienced"),
    "13_needs_assistance": _("Needs and assistance"),
    "14_destination_intentions": _("Destination and intentions"),
    "15_other_instruments": _("Other instruments"),
    "16_open_text": _("Open text"),
    "01_identity": _("Identity of the report"),
    "02_time_and_place": _("Time and place"),
    "03_toll": _("Dead and missing"),
    "04_circumstances": _("Circumstances"),
}
FAULTS = (
    N_("line %(line)s: %(fault)s"),
    N_("columns %(columns)s are missing: save as comma-separated UTF-8 with its header"),
    N_("the file is not UTF-8: save it as CSV UTF-8"),
    N_("the file is not a readable CSV: a quote is left open or a cell is too long"),
    N_("some rows have more or fewer cells than the header: quote the labels that hold commas"),
    N_("list is not a name: letters, digits and _ only"),
    N_("code is blank, starts with a dot or holds a space: rename it"),
    N_("code occurs twice in list %(list)s: keep one"),
    N_("a label is blank: give it in English and in French"),
    N_("there is no variable in it: give one per line"),
    N_("name is not a name: letters, digits and _ only"),
    N_("name occurs twice: keep one"),
    N_("type is not one of %(types)s"),
    N_("role is not one of %(roles)s, nor blank"),
    N_("sensitivity is not 1, 2, 3 or 4"),
    N_("%(name)s: its list of choices is not in the choices: add it"),
    N_('%(name)s: its list has a code "0", which means nothing chosen: rename it'),
    N_("%(name)s: versions names one not in instrument_version: add or drop it"),
    N_("%(name)s: %(count)s parent codes are not in %(list)s: add or correct them"),
)


def section(name: str) -> str:
    """Return what a section of the dictionary is called."""
    return str(SECTION.get(name, name.replace("_", " ")))


def fault(text: str) -> str:
    """Say what is wrong with a codebook in the reader's language; anything else is left as it is."""
    return i18n.said_anew(text, FAULTS)
