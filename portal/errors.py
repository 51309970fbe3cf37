"""What can go wrong, in the portal's words. Knows nothing of HTTP: ``web.errors`` maps these to statuses."""

from collections.abc import Mapping


class PortalError(Exception):
    """Something the portal refuses or cannot do; its text names the field, the fact and the fix."""


class NotSignedIn(PortalError):
    """Nobody is signed in, or the session has ended."""


class Frozen(PortalError):
    """Whoever comes is somebody whose access, or whose organisation's, has been stopped."""


class NotFound(PortalError):
    """There is no such thing for this actor: absent and invisible look the same."""


class NotAllowed(PortalError):
    """The actor may see it but not do this to it."""


class NotFresh(NotAllowed):
    """The proof of who acts is too old for this: a one-time code first, then again."""


class IllegalStep(PortalError):
    """The workflow has no such step from here."""


class Stale(PortalError):
    """Someone was faster: what the form showed is no longer so."""


class Invalid(PortalError):
    """Input that cannot be taken, field by field.

    ``fields`` maps a field's name to the reasons; nothing of the value is repeated.
    """

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = {name: list(reasons) for name, reasons in fields.items()}
        super().__init__("; ".join(f"{name}: {', '.join(reasons)}" for name, reasons in self.fields.items()))


class TooLarge(PortalError):
    """More bytes than a limit allows; says which limit."""


class TermsForbid(PortalError):
    """An agreement does not allow it; ``clauses`` are the machine names of what it fails on.

    ``params`` holds per clause what a sentence about it needs, ``agreement`` the reference of the one that was asked.
    """

    def __init__(
        self, clauses: tuple[str, ...], params: Mapping[str, Mapping[str, str]] | None = None, agreement: str = ""
    ) -> None:
        self.clauses, self.params, self.agreement = clauses, params or {}, agreement
        super().__init__("agreement: does not allow " + ", ".join(clauses))


class Withheld(PortalError):
    """A protection rule does not hold: the file must not leave. Never retried with the same recipe."""


class WithheldForNow(Withheld):
    """What stands against a file may pass: an agreement is suspended, a signature was taken back.

    ``clauses`` are those of the agreement that stand against it.
    """

    def __init__(self, text: str, clauses: tuple[str, ...] = ()) -> None:
        self.clauses = clauses
        super().__init__(text)


class KeyMissing(PortalError):
    """A secret key that should be there is not: nothing is read or released in the clear."""


class KeyUnsafe(PortalError):
    """Secret keys are open to others, damaged, or would be overwritten."""


class Tampered(PortalError):
    """A sealed file or the log is not what was written."""


class ScanFailed(PortalError):
    """The antivirus that is configured could not be asked: nothing unseen is stored."""


class StorageFull(PortalError):
    """No room left to write a sealed file; nothing partial was kept."""


class LostFence(PortalError):
    """Another worker holds this work now; what this one made is thrown away."""


class LogUnavailable(PortalError):
    """The audit log could not take the event, so the deed did not happen either."""


class UnauditedWrite(PortalError):
    """A transaction changed audited rows and recorded nothing: a fault of the house, never of a person."""
