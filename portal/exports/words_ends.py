"""The ends of releases and the duties of destruction in the reader's words."""

from collections.abc import Mapping

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _

from portal import i18n
from portal.exports import package_words
from portal.exports.models import Release
from portal.exports.package_content import PackageContent

AUTHOR = str(PackageContent.__dataclass_fields__["author"].default)

METHOD: Mapping[str, tuple[LazyString, LazyString]] = {
    "overwritten": (_("Overwritten"), _("The files were overwritten with a tool made for it.")),
    "key_destroyed": (_("Key destroyed"), _("The disk or folder was encrypted, and its key was destroyed.")),
    "device_destroyed": (_("Device destroyed"), _("The device was physically destroyed, with a proof.")),
    "deleted": (_("Deleted for good"), _("Deleted, and removed from bins, synchronised folders and backups.")),
    "lost": (_("Lost or stolen"), _("It was not destroyed: it is gone.")),
    "never_kept": (_("Nothing was kept"), _("The download was never finished or never saved.")),
}
ENCRYPTED: Mapping[str, LazyString] = {
    "yes": _("Yes, with a password or key that is not with it"),
    "no": _("No"),
    "unknown": _("Nobody knows"),
}
CAUSE: Mapping[str, LazyString] = {
    "revoked": _("It was revoked."),
    "expired": _("Its time is over."),
    "superseded": _("It was replaced by a newer one."),
}
PROBE: Mapping[str, LazyString] = {
    "download": _("No recipient can download it."),
    "build": _("No build of it is going on."),
    "blob": _("The sealed file is gone from the vault."),
    "key": _("The key that opened it is gone."),
}
DUTY: Mapping[str, LazyString] = {
    "due": _("To be destroyed"),
    "overdue": _("Overdue"),
    "attested": _("Attested"),
    "settled": _("Countersigned"),
    "waived": _("Waived"),
}


def citation(release: Release) -> str:
    """Return how to cite a release, as its package says it, in the reader's language."""
    words = package_words.load(i18n.current_language())
    request = release.request
    text = words(
        "citation.text",
        author=AUTHOR,
        title=i18n.label(request.dataset, "title"),
        scope="",
        reference=f"{request.number} v{release.scope.number}",
        received=words("citation.received", date=words.date(release.created_at)),
    )
    return f"{text} [{words('citation.synthetic')}]" if request.version.synthetic else text


def days(left: int) -> str:
    """Say how many days are left, or by how many it is late."""
    if left < 1:
        late = 1 - left
        return str(gettext("late by 1 day") if late == 1 else gettext("late by %(days)s days", days=late))
    return str(gettext("today is the last day") if left == 1 else gettext("%(days)s days left", days=left))


def day(release: Release) -> str:
    """Say on which day a release ended."""
    return i18n.day(release.ended_at, "long") if release.ended_at else ""
