"""Sample organisations, people, agreements and datasets for the demonstration. None of them exists."""

import datetime as dt
import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from portal import clock
from portal.actor import Role, system
from portal.agreements.models import Agreement
from portal.agreements.terms import OUTPUTS
from portal.audit.recorder import record
from portal.auth import actions_people, passwords
from portal.auth.models import Organisation, Person
from portal.auth.schemas import NewPerson
from portal.catalogue import actions as catalogue
from portal.catalogue.models import Dataset
from portal.db import session, transaction

SETUP = system("setup")
MMC = "Mixed Migration Centre"
IOM = "International Organization for Migration (sample)"
UNHCR = "UN High Commissioner for Refugees (sample)"
INSTITUTE = "Institute for Route Studies (sample)"
ORGANISATIONS = {MMC: "mmc", IOM: "un", UNHCR: "un", INSTITUTE: "academic"}


@dataclass(frozen=True)
class Sample:
    """A person of the demonstration; ``short`` is how commands call them."""

    short: str
    name: str
    organisation: str
    role: Role
    regions: tuple[str, ...] = ()
    language: str = "en"
    zone: str = "Europe/Copenhagen"

    @property
    def email(self) -> str:
        """The address they sign in with."""
        house = {MMC: "mmc", IOM: "iom", UNHCR: "unhcr", INSTITUTE: "institute"}[self.organisation]
        return f"{self.short}@{house}.example"


PEOPLE = (
    Sample("amina", "Amina Idrissi", IOM, Role.REQUESTER, zone="Europe/Berlin"),
    Sample("jonas", "Jonas Weber", IOM, Role.REQUESTER, zone="Europe/Berlin"),
    Sample("helena", "Helena Duarte", IOM, Role.FOCAL_POINT, zone="Europe/Zurich"),
    Sample("claire", "Claire Fontaine", UNHCR, Role.REQUESTER, language="fr", zone="Africa/Dakar"),
    Sample("noor", "Noor Haddad", INSTITUTE, Role.REQUESTER, zone="Europe/Amsterdam"),
    Sample("moussa", "Moussa Ndiaye", MMC, Role.REGIONAL_MANAGER, ("WANA",), "fr", "Africa/Dakar"),
    Sample("wanjiru", "Wanjiru Kamau", MMC, Role.REGIONAL_MANAGER, ("ESA",), zone="Africa/Nairobi"),
    Sample("lucia", "Lucía Vargas", MMC, Role.REGIONAL_MANAGER, ("LAC",), zone="America/Bogota"),
    Sample("tariq", "Tariq Rahman", MMC, Role.REGIONAL_MANAGER, ("ASIA",), zone="Asia/Dhaka"),
    Sample("giulia", "Giulia Conti", MMC, Role.REGIONAL_MANAGER, ("EUR",), zone="Europe/Rome"),
    Sample("samira", "Samira Osman", MMC, Role.PROJECT_MANAGER, zone="Africa/Nairobi"),
    Sample("elena", "Elena Petrova", MMC, Role.COORDINATOR),
    Sample("david", "David Okello", MMC, Role.STEWARD, zone="Africa/Nairobi"),
    Sample("ingrid", "Ingrid Sørensen", MMC, Role.DPO),
    Sample("henrik", "Henrik Lund", MMC, Role.HEAD),
    Sample("kofi", "Kofi Mensah", MMC, Role.ADMINISTRATOR, zone="Africa/Accra"),
)
DATASETS = (
    {
        "code": "4mi-core",
        "kind": "interviews",
        "title_en": "4Mi core survey of refugees and migrants",
        "title_fr": "Enquête principale 4Mi auprès des réfugiés et migrants",
        "summary_en": "Interviews with refugees and migrants on the move: profiles, drivers, routes, smuggling, "
        "abuses, needs and destinations.",
        "summary_fr": "Entretiens avec des réfugiés et des migrants en route : profils, raisons du départ, "
        "itinéraires, passeurs, abus, besoins et destinations.",
    },
    {
        "code": "4mi-incidents",
        "kind": "events",
        "title_en": "Deaths and disappearances reported by 4Mi",
        "title_fr": "Décès et disparitions signalés par 4Mi",
        "summary_en": "Incidents in which people died or went missing on the way: place, month, numbers, cause. "
        "Events, not persons.",
        "summary_fr": "Incidents au cours desquels des personnes sont mortes ou ont disparu en chemin : lieu, mois, "
        "nombres, cause. Des événements, pas des personnes.",
    },
)
REGIONS = ["WANA", "ESA", "EUR", "LAC", "ASIA", "unassigned"]
PURPOSES = ["research", "protection", "programming", "monitoring"]


def populate(people_file: Path) -> None:
    """Make the sample once; a second call changes nothing. Passwords go to ``people_file``, readable by its owner."""
    with transaction():
        if session().scalar(select(Organisation.id).where(Organisation.name == MMC)) is not None:
            return
    given = {one.short: "-".join(secrets.token_hex(2) for _ in range(4)) for one in PEOPLE}
    hashes = {short: passwords.make(password) for short, password in given.items()}
    with transaction():
        houses = {
            name: actions_people.create_organisation(SETUP, name=name, kind=kind)
            for name, kind in ORGANISATIONS.items()
        }
        for one in PEOPLE:
            _person(one, houses[one.organisation], hashes[one.short])
        for dataset in DATASETS:
            _dataset(dict(dataset))
        for number, name in enumerate((IOM, UNHCR, INSTITUTE), 1):
            _agreement(number, houses[name])
    _write(people_file, given)


def _person(one: Sample, organisation: Organisation, password_hash: str) -> Person:
    who = NewPerson(
        email=one.email,
        name=one.name,
        language=one.language,
        time_zone=one.zone,
        roles=(one.role,),
        regions=one.regions,
    )
    return actions_people.create_person(SETUP, organisation, who, password_hash=password_hash)[0]


def _dataset(values: dict[str, Any]) -> Dataset:
    return catalogue.register_dataset(SETUP, code=values.pop("code"), kind=values.pop("kind"), titles=values)


def _agreement(number: int, organisation: Organisation) -> None:
    today = clock.today("Europe/Copenhagen")
    academic = organisation.name == INSTITUTE
    agreement = Agreement(
        number=f"MoU-{today.year}-{number:03}",
        organisation_id=organisation.id,
        kind="mou",
        status="active",
        title_en=f"Memorandum of understanding with {organisation.name}",
        title_fr=f"Protocole d'accord avec {organisation.name}",
        starts_on=today - dt.timedelta(days=200),
        ends_on=today + dt.timedelta(days=530),
        time_zone="Europe/Copenhagen",
        purposes=["research"] if academic else PURPOSES,
        datasets=["4mi-core"] if academic else ["4mi-core", "4mi-incidents"],
        regions=REGIONS,
        tier="licensed" if academic else "partner",
        most_sensitive=3 if academic else 4,
        outputs=["internal_analysis", "academic_publication"] if academic else list(OUTPUTS),
        onward_sharing="none" if academic else "named",
        onward_bodies=[] if academic else ["Mixed Migration Task Force"],
        matching="named" if academic else "forbidden",
        retention_days=30,
        publication_review_days=30 if academic else 0,
        activated_at=clock.now(),
    )
    session().add(agreement)
    session().flush()
    record(SETUP, "agreement.created", target=("agreement", agreement.ref), change={"status": ("", "active")})


def _write(path: Path, given: dict[str, str]) -> None:
    people = [
        {
            "who": one.short,
            "email": one.email,
            "password": given[one.short],
            "name": one.name,
            "role": one.role.value,
            "organisation": one.organisation,
        }
        for one in PEOPLE
    ]
    lines = ["Sample people of the demonstration. Their one-time codes: make code WHO=<who>", ""]
    lines += [f"{p['who']:<8} {p['email']:<24} {p['password']:<22} {p['role']:<17} {p['name']}" for p in people]
    path.touch(mode=0o600)
    path.write_text("\n".join(lines) + "\n")
    _json(path).touch(mode=0o600)
    _json(path).write_text(json.dumps(people, indent=1))


def _json(path: Path) -> Path:
    return path.with_suffix(".json")


def people(path: Path) -> dict[str, dict[str, str]]:
    """Return the sample people by their short names, as the file has them."""
    return {one["who"]: one for one in json.loads(_json(path).read_text())}
