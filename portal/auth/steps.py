"""The steps of an invitation and of a change of address: one row each, as :mod:`portal.machine` reads them.

Nothing here lapses by a step: a link that is too old is refused at the moment it is followed.
"""

from portal import machine
from portal.machine import Machine, rows

LINK_DAYS = 7  # how long a link in a letter works

INVITATION = Machine(
    "invitation",
    rows(
        [
            ("–", "invite", "open", "inviter", "code may_give_roles address_free", "person.invited",
             f"A letter with a link that works once, for {LINK_DAYS} days"),
            ("open", "send_again", "open", "inviter", "may_give_roles", "person.invited.again",
             "A new link; the one before is dead"),
            ("open", "accept", "ended:accepted", "invitee", "link_known inviter_may_still address_free",
             "person.invitation.accepted", "Takes the person in, with the roles that were offered"),
            ("open", "revoke", "ended:revoked", "inviter", "", "person.invitation.revoked", "The link is dead"),
        ]
    ),
)  # fmt: skip

ADDRESS = Machine(
    "address",
    rows(
        [
            ("–", "ask", "open", "person", "password code address_free", "person.address.asked",
             "A letter to the new address, and one to the old"),
            ("open", "confirm", "ended:confirmed", "person", "link_known address_free", "person.address.changed",
             "From now on the new address signs in"),
            ("open", "replace", "ended:replaced", "person", "", "person.address.dropped", "Another was asked for"),
        ]
    ),
)  # fmt: skip


def as_markdown() -> str:
    """Return docs/invitation-states.md."""
    titled = [("Invitation", INVITATION), ("Change of an address", ADDRESS)]
    return machine.as_markdown("The steps of links in letters", "portal/auth/steps.py", titled)
