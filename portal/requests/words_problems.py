"""What keeps a draft from being sent, in words: each code of a problem with what to do about it."""

from collections.abc import Mapping

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

PROBLEM: Mapping[str, LazyString] = {
    "choose_one": _("Choose one."),
    "choose_some": _("Choose at least one."),
    "off_menu": _("This is not on the list any more; choose again."),
    "say_more": _("Say a little more: at least 20 characters."),
    "exception_once": _("An exception is decided for one file: choose “once”, or do not ask for an exception."),
    "name_it": _("Name the dataset it will be matched with."),
    "no_date": _("Give the last day on which you need the data."),
    "past": _("This day has passed."),
    "accept": _("Tick this to accept the terms: without it the request cannot be sent."),
    "confirm_it": _("Tick this if it is so. If the purpose has changed, ask for the data anew."),
    "accept_renewed": _("The request goes on under these terms only: read and accept them."),
    "not_later": _("Give a day after the present last day."),
    "no_rows": _("No row of the file matches. Choose more countries, years or genders."),
    "reason_needed": _("Give your reason: it is required here, and the requester reads it."),
    "refuse_something": _("To approve in part, tick what you refuse."),
    "refuses_something": _("You ticked something to refuse: choose “Approve in part”, or untick it."),
    "refuses_all": _("Nothing would be left: decline instead."),
    "to_come": _("This day is still to come."),
    "not_covered": _("Their organisation has no running agreement that covers this."),
    "in_team": _("They are in the team already."),
    "newcomer_gone": _(
        "They are no longer with the organisation, so nobody can agree. Refuse, or wait until it is taken back."
    ),
    "last_one": _("Nobody would be left. Withdraw the request instead, or let it end."),
    "before_first": _("The last day is before the first one."),
    "too_long": _("A year is the longest; name the deputy again when it is over."),
    "no_deputy": _("Choose somebody from the list: staff who may decide for a region."),
    "note_needed": _("Say in a sentence how it was met: the region reads it."),
    "date_needed": _("Give the day by which it must be met."),
    "text_needed": _("Write the condition that this day is for."),
    "ethics_needed": _("Attach the ethics approval first: a licence for one project asks for it."),
    "off_scope": _("Something you refused is not in this request; open the page again."),
}
