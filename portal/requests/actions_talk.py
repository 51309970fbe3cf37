"""Saying something about a request, to everybody concerned or among staff."""

from sqlalchemy import select

from portal.actor import Actor
from portal.audit.recorder import record
from portal.db import session
from portal.errors import NotAllowed, Stale
from portal.requests import letters, queries_talk
from portal.requests.models_talk import Note


def say(actor: Actor, ref: str, *, text: str, staff_only: bool, key: str) -> Note:
    """Keep a note and tell those it is for. Sent again with the same key it is the same note.

    Raises NotFound, NotAllowed (a note for staff, by somebody on the asking side), or Stale (a key of another form).
    """
    request = queries_talk.request(actor, ref)
    if staff_only and not queries_talk.decides(actor, request):
        raise NotAllowed("note: only staff of the deciding side write for staff")
    found = session().scalar(select(Note).where(Note.key == key))
    if found is not None:
        if (found.person_id, found.request_id) != (actor.id, request.id):
            raise Stale("note: this form was used already; open the page again")
        return found
    note = Note(request_id=request.id, person_id=actor.id, staff_only=staff_only, text=text, key=key)
    session().add(note)
    session().flush()
    record(
        actor,
        "request.noted",
        target=("request", request.ref),
        purpose=request.logged_purpose,
        reason="staff_only" if staff_only else "everybody",
        private={actor.ref: text},
    )
    for person, path in queries_talk.readers(request, actor.id, staff_only=staff_only):
        letters.note_to(person, request, path)
    return note
