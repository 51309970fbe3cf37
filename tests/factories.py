"""Things to test with. Everything has a default; say only what matters to the test.

Each factory writes its row inside the open transaction of ``given()``.
"""

import datetime as dt
import itertools
from contextlib import contextmanager

from argon2 import PasswordHasher

from portal import clock, ports
from portal.actor import Actor, Role, system
from portal.agreements import content, queries
from portal.agreements.models import Agreement
from portal.agreements.models_acceptance import Acceptance
from portal.auth.models import Grant, Organisation, Person, SignIn
from portal.catalogue.models import Dataset, Version
from portal.db import session, transaction
from portal.keys import Mac, Wrapping

_numbers = itertools.count(1)
PASSWORD = "correct horse battery staple"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = CHEAP.hash(PASSWORD)


def number_from(start):
    """Give numbers from here on: where others have given some in the same database."""
    global _numbers  # noqa: PLW0603 -- one counter for all that is made
    _numbers = itertools.count(max(start, next(_numbers)))


@contextmanager
def given():
    """Open a transaction for setting the scene; the log notes it as setup."""
    from portal.audit.recorder import record

    with transaction() as current:
        yield current
        current.flush()
        record(system("setup"), "system.setup", target=("system", "tests"))


def _add(row):
    session().add(row)
    session().flush()
    return row


def an_organisation(*, name=None, kind="un"):
    return _add(Organisation(name=name or f"Organisation {next(_numbers)}", kind=kind))


def a_person(*, organisation=None, roles=(Role.REQUESTER,), regions=(), name=None, language="en", time_zone="UTC"):
    number = next(_numbers)
    organisation = organisation or an_organisation()
    person = _add(
        Person(
            organisation_id=organisation.id,
            email=f"person{number}@example.org",
            name=name or f"Person {number}",
            password_hash=HASH,
            language=language,
            time_zone=time_zone,
        )
    )
    wrapped = ports.house.keys.wrap(Wrapping.PRIVATE, f"totp:{person.ref}".encode())
    person.totp_key_id, person.totp_wrapped = wrapped.key_id, wrapped.wrapped
    for role in roles:
        for region in regions if role is Role.REGIONAL_MANAGER else ("",):
            _add(Grant(person_id=person.id, role=role.value, region=region, valid_from=dt.date(2018, 1, 1)))
    return person


def an_actor(person, roles=(Role.REQUESTER,), regions=()):
    return Actor(
        id=person.id,
        ref=person.ref,
        kind="person",
        roles=frozenset(roles),
        regions=frozenset(regions),
        organisation_id=person.organisation_id,
        organisation_ref="",
        authentication=("pwd", "otp"),
        language=person.language,
        time_zone=person.time_zone,
    )


def a_session(person, *, stage="full", authentication="pwd otp", seen_at=None, created_at=None, proved_at=None):
    """A signed-in session; returns the cookie's token."""
    token = f"token-{next(_numbers)}-{'x' * 32}"
    _add(
        SignIn(
            person_id=person.id,
            token_hash=ports.house.keys.mac(Mac.SESSION, token.encode()),
            stage=stage,
            authentication=authentication,
            created_at=created_at or clock.now(),
            seen_at=seen_at or clock.now(),
            proved_at=proved_at or created_at or clock.now(),
        )
    )
    return token


def a_dataset(*, code=None, kind="interviews"):
    code = code or f"dataset-{next(_numbers)}"
    return _add(Dataset(code=code, kind=kind, title_en=f"Dataset {code}", title_fr=f"Jeu de données {code}"))


def a_version(*, dataset=None, number=1, status="published"):
    dataset = dataset or a_dataset()
    wrapped = ports.house.keys.wrap(Wrapping.DATA, b"version")
    return _add(
        Version(
            dataset_id=dataset.id,
            number=number,
            status=status,
            file_name="round.csv",
            original_blob="",
            original_sha256="0" * 64,
            original_size=0,
            key_id=wrapped.key_id,
            key_wrapped=wrapped.wrapped,
        )
    )


def an_agreement(*, organisation=None, status="active", most_sensitive=4, **more):
    organisation = organisation or an_organisation()
    today = clock.today()
    values = {
        "number": f"MoU-{next(_numbers)}",
        "organisation_id": organisation.id,
        "status": status,
        "title_en": "Memorandum of understanding",
        "title_fr": "Protocole d'accord",
        "starts_on": today - dt.timedelta(days=100),
        "ends_on": today + dt.timedelta(days=300),
        "time_zone": "Europe/Copenhagen",
        "purposes": ["research", "protection", "programming", "monitoring"],
        "datasets": ["4mi-core", "4mi-incidents"],
        "regions": ["WANA", "ESA", "EUR", "LAC", "ASIA", "unassigned"],
        "most_sensitive": most_sensitive,
        "outputs": ["internal_analysis", "public_report"],
    }
    return _add(Agreement(**values | more))


def a_renewal(earlier, **changed):
    """The next version of an agreement, signed by both, which takes effect as soon as the keeper looks."""
    kept = {name: getattr(earlier, name) for name in content.carried()}
    days = {"starts_on": clock.today(), "ends_on": earlier.ends_on + dt.timedelta(days=365)}
    signed = {"number": earlier.number, "revision": earlier.revision + 1, "status": "signing", "stage": "begin"}
    later = _add(Agreement(**kept | days | signed | changed))
    later.text_sha256 = content.sha256_of(later)
    return later


def an_acceptance(person, agreement):
    """Let a person have accepted an agreement's terms as they stand; None if they have already."""
    if queries.has_accepted(agreement, person.id):
        return None
    return _add(Acceptance(agreement_id=agreement.id, person_id=person.id, sha256=content.sha256_of(agreement)))


def another(row, **changes):
    """Return an unsaved copy of a row with a reference of its own."""
    kept = {
        column.key: getattr(row, column.key)
        for column in type(row).__mapper__.column_attrs
        if column.key not in {"id", "ref"}
    }
    return type(row)(**kept | changes)
