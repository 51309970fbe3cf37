"""What may be tried with agreements, from the first draft to the last version's closing."""

import datetime as dt

from sqlalchemy import select

from portal import clock
from portal.agreements import actions, actions_accept, actions_document, actions_draft, actions_signing, actions_stop
from portal.agreements.content import sha256_of
from portal.agreements.models import Agreement
from portal.agreements.schemas import NewAgreement
from portal.agreements.schemas_signing import Recorded
from portal.db import session
from tests.areas.agreements.way import PDF
from tests.areas.fuzz.deed import WHY, Deed, code, lock, sha

MAKERS, STOPPERS, OFFICERS = ("cora", "cleo", "hedda", "dana", "dino"), ("hedda", "dana", "dino"), ("dana", "dino")
SIGNERS, NEGOTIATORS = ("hedda", "sven"), ("fay", "finn", "sven")


def clauses(house, draw, first=-1, last=200):
    today = clock.today("Europe/Copenhagen")
    return NewAgreement(
        organisation=house.partner, mmc_signatory=house.people["hedda"].ref, partner_signatory=house.people["sven"].ref,
        title_en="Memorandum", title_fr="Protocole", text_en=f"The partner may use the data. {draw.number}",
        starts_on=today + dt.timedelta(days=first + 9 * (draw.number % 3 == 0)), ends_on=today + dt.timedelta(days=last),
        time_zone="Europe/Copenhagen", purposes=("research",), datasets=(house.dataset,), regions=("WANA", "ESA", "LAC"),
        tier="partner", most_sensitive=4, download_limit=2, release_days=20, outputs=("internal_analysis",),
        publication_review_days=5,
    )  # fmt: skip


def recorded(house, row, draw):
    text = session().scalars(select(Agreement).where(Agreement.id == row.id)).one()
    return Recorded(
        sha256=sha(row.text_sha256 or sha256_of(text), draw), legal_basis="public_task", transfer="international",
        transfer_reason=WHY, roles="independent", reason=WHY, code=code(house, draw),
    )  # fmt: skip


def turn(verb):
    return lambda h, a, row, d: actions_draft.turn(a, row.ref, verb, lock=lock(row, d), reason=WHY)


def reply(verb):
    return lambda h, a, row, d: actions_draft.answer(a, row.ref, verb, lock=lock(row, d), reason=WHY)


def stop(verb):
    return lambda h, a, row, d: actions_stop.stop(a, row.ref, verb, lock=lock(row, d), reason=WHY, code=code(h, d))


def accept_text(house, actor, row, draw):
    text = session().scalars(select(Agreement).where(Agreement.id == row.id)).one()
    seen = {"lock": lock(row, draw), "sha256": sha(sha256_of(text), draw)}
    return actions_draft.accept(actor, row.ref, code=code(house, draw), **seen)


def accept_terms(_house, actor, row, draw):
    text = session().scalars(select(Agreement).where(Agreement.id == row.id)).one()
    return actions_accept.accept(actor, row.ref, sha256=sha(sha256_of(text), draw))


def notice(house, actor, row, draw):
    day = clock.today(row.time_zone) + dt.timedelta(days=draw.number % 40)
    more = {"lock": lock(row, draw), "reason": WHY, "last_day": day, "code": code(house, draw)}
    return actions_stop.notice(actor, row.ref, **more)


def close(house, actor, row, draw):
    return actions_stop.close(actor, row.ref, lock=lock(row, draw), reason=WHY, code=code(house, draw))


def sign(house, actor, row, draw):
    return actions_signing.sign(actor, row.ref, sha256=sha(row.text_sha256, draw), code=code(house, draw))


def officers(act):
    return lambda h, a, row, d: act(a, row.ref, recorded(h, row, d), lock=lock(row, d))


def send_back(_house, actor, row, draw):
    return actions_signing.send_back(actor, row.ref, lock=lock(row, draw), reason=WHY)


def save(house, actor, row, draw):
    return actions.save(actor, row.ref, clauses(house, draw), lock=lock(row, draw))


def attach(actor, row):
    """Attach a signed paper: it opens its own transactions."""
    return actions_document.attach(actor, row.ref, actions_document.Paper(purpose="signed", note="", source=[PDF]))


DEEDS = [
    Deed("create", "", "", MAKERS, lambda h, a, _row, d: actions.create(a, clauses(h, d))),
    Deed("renew", "agreement", "supersede", MAKERS, lambda _h, a, row, _d: actions_draft.renew(a, row.ref)),
    Deed("save", "agreement", "save", MAKERS, save),
    Deed("share", "agreement", "share", MAKERS, turn("share")),
    Deed("recall", "agreement", "recall", MAKERS, turn("recall")),
    Deed("hand_back", "agreement", "hand_back", NEGOTIATORS, reply("hand_back")),
    Deed("accept_text", "agreement", "accept", NEGOTIATORS, accept_text),
    Deed("record", "agreement", "record", OFFICERS, officers(actions_signing.record_basis)),
    Deed("send_back", "agreement", "send_back", OFFICERS, send_back),
    Deed("reopen", "agreement", "reopen", MAKERS, turn("reopen")),
    Deed("reopen_by_partner", "agreement", "reopen", NEGOTIATORS, reply("reopen")),
    Deed("sign", "agreement", "sign", SIGNERS, sign),
    Deed("adopt", "agreement", "adopt", OFFICERS, officers(actions_signing.adopt)),
    Deed("drop", "agreement", "drop", MAKERS, turn("drop")),
    Deed("suspend", "agreement", "suspend", STOPPERS, stop("suspend")),
    Deed("resume", "agreement", "resume", STOPPERS, stop("resume")),
    Deed("terminate", "agreement", "terminate", STOPPERS, stop("terminate")),
    Deed("notice", "agreement", "notice", (*STOPPERS, *NEGOTIATORS), notice),
    Deed("close", "agreement", "close", OFFICERS, close),
    Deed("accept_terms", "agreement", "suspend", ("anna", "ben", "sven"), accept_terms),
]
