"""What may be tried with releases and with duties of destruction, and with the people who do all this."""

from sqlalchemy import select

from portal import clock
from portal.actor import Role
from portal.auth import actions_people, actions_roles
from portal.auth.models import Grant, Person
from portal.auth.schemas_people import NewRole, OldRole
from portal.db import session
from portal.exports import actions, actions_duties, actions_ends, actions_held, actions_loss
from portal.exports.schemas_ends import Attestation, Loss
from tests.areas.fuzz.deed import WHY, Deed, code, lock

ASKERS, FOCAL, OFFICERS, STEWARDS = ("anna", "ben", "sven"), ("fay", "finn"), ("dana", "dino"), ("stella",)
ADMINISTRATORS = ("ada",)


def end_release(verb):
    def do(house, actor, row, draw):
        more = {"reason": WHY, "code": code(house, draw), "lock": lock(row, draw)}
        return actions_ends.stop(actor, row.ref, verb, **more)

    return do


def fetch(_house, actor, row, _draw):
    return actions.hand_over(actor, row.ref)


def attest(_house, actor, row, draw):
    said = {"method": "overwritten", "copies": 2, "backups": "", "derivatives": "", "statement": True}
    return actions_duties.attest(actor, row.ref, Attestation(lock=lock(row, draw), destroyed_on=clock.today(), **said))


def lose(_house, actor, row, draw):
    said = {"lost_on": clock.today(), "how": WHY, "encrypted": "no", "copies": 1, "statement": True}
    return actions_loss.lose(actor, row.ref, Loss(lock=lock(row, draw), **said))


def waive(house, actor, row, draw):
    return actions_duties.waive(actor, row.ref, lock=lock(row, draw), reason=WHY, code=code(house, draw))


def someone(house, draw):
    """Anybody but the administrator, whom the house needs."""
    names = [name for name in house.people if name != "ada"]
    return house.people[names[draw.number % len(names)]]


def end_role(house, actor, _row, draw):
    person = someone(house, draw)
    grant = session().scalars(select(Grant).where(Grant.person_id == person.id).order_by(Grant.id)).first()
    old = OldRole(Role(grant.role), grant.region, grant.valid_from, code(house, draw))
    return actions_roles.end(actor, person.ref, old)


def give_role(house, actor, _row, draw):
    person = someone(house, draw)
    grant = session().scalars(select(Grant).where(Grant.person_id == person.id).order_by(Grant.id)).first()
    new = NewRole(Role(grant.role), grant.region, clock.today("Europe/Copenhagen"), None, code(house, draw))
    return actions_roles.give(actor, person.ref, new)


def shut_out(house, actor, _row, draw):
    person = someone(house, draw)
    disabled = session().get(Person, person.id).disabled_at is not None
    return (actions_people.enable_person if disabled else actions_people.disable_person)(actor, person.ref)


def countersign(_house, actor, row, draw):
    return actions_duties.countersign(actor, row.ref, lock=lock(row, draw))


def send_back(_house, actor, row, draw):
    return actions_duties.send_back(actor, row.ref, lock=lock(row, draw), reason=WHY)


def check(_house, actor, row, draw):
    return actions_duties.check(actor, row.ref, lock=lock(row, draw))


def order_again(_house, actor, row, draw):
    return actions_held.build_again(actor, row.ref, lock=lock(row, draw))


def leave(house, actor, _row, draw):
    return actions_roles.end_access(actor, someone(house, draw).ref)


DEEDS = [
    Deed("order_again", "release", "order_again", (*STEWARDS, "cora", "cleo"), order_again),
    Deed("revoke_release", "release", "revoke", (*OFFICERS, "wanda", "wim", "esther"), end_release("revoke")),
    Deed("supersede_release", "release", "supersede", STEWARDS, end_release("supersede")),
    Deed("lose", "duty", "lose", (*ASKERS, *FOCAL), lose),
    Deed("attest", "duty", "attest", (*ASKERS, *FOCAL), attest),
    Deed("countersign", "duty", "countersign", FOCAL, countersign),
    Deed("send_back_duty", "duty", "send_back", (*FOCAL, *OFFICERS), send_back),
    Deed("waive_duty", "duty", "waive", OFFICERS, waive),
    Deed("check_duty", "duty", "waive", OFFICERS, check),
    Deed("end_role", "", "", ADMINISTRATORS, end_role),
    Deed("give_role", "", "", ADMINISTRATORS, give_role),
    Deed("shut_out", "", "", ADMINISTRATORS, shut_out),
    Deed("leave", "", "", FOCAL, leave),
]
FETCH = Deed("fetch", "release", "supersede", ASKERS, fetch, proved=True)
