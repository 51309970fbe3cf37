"""What the events about people and their signing in are called in the log."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _

OF_PEOPLE: dict[str, LazyString] = {
    "auth.password.accepted": _("Password accepted"),
    "auth.login.success": _("Signed in"),
    "auth.login.failed": _("Sign-in failed"),
    "auth.logout": _("Signed out"),
    "auth.mfa.offered": _("One-time codes being set up"),
    "auth.mfa.enrolled": _("One-time codes set up"),
    "auth.mfa.failed": _("One-time code was wrong"),
    "auth.mfa.proved": _("Proved again who they are"),
    "auth.password.changed": _("Password changed"),
    "auth.session.revoked": _("Session ended by hand"),
    "auth.session.expired": _("Session ran out"),
    "person.created": _("Person added"),
    "person.updated": _("Person changed"),
    "person.viewed": _("Person looked at"),
    "person.disabled": _("Person disabled"),
    "person.enabled": _("Person enabled again"),
    "person.invited": _("Person invited"),
    "person.invited.again": _("Invitation sent again"),
    "person.invitation.accepted": _("Invitation accepted"),
    "person.invitation.revoked": _("Invitation taken back"),
    "person.invitations.viewed": _("Invitations looked at"),
    "person.address.asked": _("Change of e-mail address asked for"),
    "person.address.changed": _("E-mail address changed"),
    "person.address.dropped": _("Change of e-mail address dropped"),
}
