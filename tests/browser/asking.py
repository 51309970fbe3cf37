"""Requests brought to where a test begins, over plain HTTP: drafted, sent, decided, offered, built."""

import datetime as dt

from sqlalchemy import inspect, select

from portal import clock
from portal.actor import Role
from portal.agreements.content import carried, content_of, sha256_of
from portal.agreements.models import Agreement
from portal.agreements.models_signing import SavedText
from portal.catalogue.models import Dataset, Version
from portal.catalogue.models_commissions import Commission
from portal.catalogue.models_owners import Coownership
from portal.emergencies.models import Emergency, EmergencyPart
from portal.requests.models import Request, Scope, Track
from tests import factories
from tests.browser.house import GREEN, REASON, TWO_REGIONS, VARIABLES

MANAGERS = {"WANA": "moussa", "ESA": "wanjiru", "EUR": "giulia", "LAC": "lucia", "ASIA": "tariq", "unassigned": "elena"}
PURPOSE = "Joint report on protection risks along the routes through the Sahara."
OUTPUTS = "A public report with aggregated tables, reviewed before publication."


def a_draft(house, who="amina", *, countries=TWO_REGIONS, variables=VARIABLES, purpose=PURPOSE):
    """A request with its first four steps filled in; return its reference."""
    browser = house[who]
    begin = browser.get("/requests/new").form_with("dataset", "4mi-core", house.state.dataset("4mi-core"))
    ref = browser.send(begin, {}).url.split("/requests/")[1].split("/")[0]
    steps = {
        "rows": {"country": countries, "families": ["place", "time", "gender", "age", "origin"]},
        "variables": {"variables": variables},
        "why": {"purpose": "protection", "purpose_text": purpose, "outputs": OUTPUTS, "ends_on": last_day()}
        | {"output_kinds": ["internal_analysis"]},
        "team": {"accepted": "yes"},
    }
    for step, values in steps.items():
        form = browser.get(f"/requests/{ref}/edit/{step}").form(f"/edit/{step}")
        reasons = {name: REASON for name, _ in form.fields if name.startswith("reason-")}
        browser.send(form, values | reasons | {"go": "next"})
    return ref


def last_day():
    return (clock.today() + dt.timedelta(days=180)).isoformat()


def a_request(house, who="amina", **more):
    """A request that was sent: its regions are asked."""
    ref = a_draft(house, who, **more)
    house[who].send(house[who].get(f"/requests/{ref}/edit/review").form("/submit"), {})
    return ref


def regions_decide(house, ref, verb="approve", only=(), **more):
    for track in house.state.tracks(ref):
        if track.status == "open" and (not only or track.detail in only):
            who = MANAGERS[track.detail]
            form = house[who].get(f"/tracks/{track.ref}").form("/decide")
            house[who].send(form, {"verb": verb, "rationale": REASON, "code": house.code(who), **more})


def officer_decides(house, ref):
    form = house["ingrid"].get(f"/requests/{ref}/officer").form("/officer")
    verdict = {"verb": "approve", "rationale": REASON, "conditions": "Cite the portal.", "code": house.code("ingrid")}
    house["ingrid"].send(form, verdict)


def an_offer(house, who="amina", **more):
    """A request that regions and officer approved."""
    ref = a_request(house, who, **more)
    regions_decide(house, ref)
    if stage(house, ref) == "in_review:dpo":
        officer_decides(house, ref)
    return ref


def accepted(house, ref, who="amina"):
    house[who].send(house[who].get(f"/requests/{ref}").form("/accept"), {})


def a_longer_use(house):
    """A running request for whose use a later last day is asked: one region has agreed."""
    ref = an_offer(house)
    accepted(house, ref)
    asked = {"ends_on": (clock.today() + dt.timedelta(days=240)).isoformat(), "reason": REASON}
    house["amina"].send(house["amina"].get(f"/requests/{ref}/extension").form("/extension"), asked)
    part = f"/tracks/{house.track(ref, 'ESA')}/extension"
    agreed = {"verb": "agree", "rationale": REASON, "code": house.code("wanjiru")}
    house["wanjiru"].send(house["wanjiru"].get(part).form("/extension"), agreed)
    return ref


def built(house, ref):
    house.told.wait("building", lambda: (one := house.state.release(ref)) is not None and one.status == "available")


def stage(house, ref):
    with house.inside() as session:
        return session.scalars(select(Request.status + ":" + Request.stage).where(Request.ref == ref)).one().rstrip(":")


def a_green_request(house, who="amina"):
    return a_request(house, who, variables=GREEN)


def agreements(house):
    """An agreement drafted, shared, accepted and to be signed, each with two saved texts."""
    stages = {"draft": ("draft", ""), "shared": ("draft", "partner")}
    stages |= {"accepted": ("signing", "dpo"), "signing": ("signing", "names")}
    made = {}
    with house.given() as session:
        model = session.query(Agreement).filter(Agreement.number.endswith("-001")).one()
        signatories = {"mmc_signatory_id": house.person("henrik").id, "partner_signatory_id": house.person("helena").id}
        for key, (status, stage) in stages.items():
            values = {name: getattr(model, name) for name in carried()}
            one = Agreement(number=f"MoU-{key}", status=status, stage=stage, shared=stage != "", **values | signatories)
            session.add(one)
            session.flush()
            for number, text in enumerate(("The partner may use the data.", "The partner may not share the data."), 1):
                one.text_en = text
                saved = {"content": content_of(one), "sha256": sha256_of(one)}
                session.add(SavedText(agreement_id=one.id, number=number, **saved))
            one.text_sha256 = sha256_of(one) if status == "signing" else ""
            made[f"agreement_{key}"] = one.ref
    return made


def a_renewed_request(house, ref):
    """A running request's twin under an agreement of its own, whose next version has taken effect."""
    days = {"starts_on": clock.today(), "ends_on": clock.today() + dt.timedelta(days=190)}  # not the longest
    with house.given() as session:
        model = session.query(Agreement).filter(Agreement.number.endswith("-001")).one()
        kept = {name: getattr(model, name) for name in carried()} | days
        over = {"status": "ended", "ended_as": "superseded"}
        was = Agreement(number="MoU-renewed", **kept | over)
        now = Agreement(number="MoU-renewed", revision=2, status="active", activated_at=clock.now(), **kept)
        session.add_all([was, now])
        one = session.query(Request).filter_by(ref=ref).one()
        names = (column.key for column in inspect(Request).column_attrs)
        values = {name: getattr(one, name) for name in names if name not in {"id", "ref", "lock", "agreement_id"}}
        waits = {"number": "MMC-4Mi-renewed", "status": "suspended", "stage": "renewal", "moved_at": clock.now()}
        twin = Request(agreement=was, **values | waits)
        session.add(twin)
        session.flush()
        scope = {name: getattr(one.scope, name) for name in ("content", "sha256")}
        twin.scope = Scope(request_id=twin.id, number=1, kind="asked", **scope)
        session.flush()
        return twin.ref


def an_incident(house, who="amina"):
    """An incident that somebody reported; the officer begins to assess it."""
    told = {"kind": "recipient", "text": REASON, "noticed_at": "2026-01-05T09:30"}
    ref = house[who].send(house[who].get("/incidents/report").form("/report"), told).url.rsplit("/", 1)[1]
    house["ingrid"].send(house["ingrid"].get(f"/incidents/{ref}").form("/assess"), {})
    return ref


def emergencies(house):
    """Two emergencies beyond what the agreement covers: one waits for its region, one was granted."""
    with house.given() as session:
        amina, head, region = (house.person(who) for who in ("amina", "henrik", "moussa"))
        agreement = session.scalars(select(Agreement).where(Agreement.organisation_id == amina.organisation_id)).first()
        dataset = session.scalars(select(Dataset).where(Dataset.code == "4mi-core")).one()
        what = {"requester": amina, "organisation": amina.organisation, "agreement": agreement, "dataset": dataset}
        what |= {"countries": ["NER", "LBY"], "years": ["2019", "2020"], "happened": PURPOSE, "needed_for": OUTPUTS}
        now, said = clock.now(), {"status": "agreed", "answered_at": clock.now(), "reason": REASON}
        waits = Emergency(number="EM-2026-9001", time_zone="Africa/Tunis", **what)
        waits.parts = [EmergencyPart(office="WANA"), EmergencyPart(office="head", person=head, **said)]
        until = {"granted_at": now, "ends_at": now + dt.timedelta(days=14), "review_due_at": now + dt.timedelta(days=7)}
        given = Emergency(number="EM-2026-9002", time_zone="Africa/Tunis", status="granted", **until, **what)
        given.parts = [
            EmergencyPart(office=office, person=who, **said) for office, who in (("WANA", region), ("head", head))
        ]
        session.add_all([waits, given])
        session.flush()
        return {"emergency": waits.ref, "emergency_granted": given.ref}


def a_freeze(house):
    """Somebody whom nobody else needs is frozen; lifting it is proposed."""
    house.a_person("fanny", "Fanny Frozen", "noor")
    with house.inside():
        whom = house.person("fanny").ref
    form = house["ingrid"].get(f"/stop/new?kind=person&target={whom}").form("/stop/new")
    ref = house["ingrid"].send(form, {"reason": REASON, "code": house.code("ingrid")}).url.rsplit("/", 1)[1]
    lifting = house["ingrid"].get(f"/stop/{ref}").form("/propose")
    house["ingrid"].send(lifting, {"reason": REASON, "code": house.code("ingrid")})
    return ref


def a_co_owner(house):
    """An organisation co-owns something from today on, and another asks for it: the references of both."""
    page = house["david"].get(f"/catalogue/{house.state.dataset('4mi-core')}/owners")
    with house.inside():
        helenas = house.person("helena").organisation.ref
    values = {
        "organisation": helenas,
        "variables": ["legal_status"],
        "code": house.code("david"),
    }  # no other asks for it
    house["david"].send(page.form("/owners"), values)
    with house.given() as session:
        row = session.scalars(select(Coownership)).one()
        ref, owner = row.ref, row.organisation_id
    asked = a_request(house, who="claire", variables=["legal_status"])
    with house.given() as session:
        of_owner = select(Track.ref).join(Request).where(Request.ref == asked, Track.owner_id == owner)
        return {"coownership": ref, "owners_track": session.scalars(of_owner).one()}


def contractors(house):
    """One contractor has a round to load and one that was read; another has none. Return the references."""
    with house.given() as session:
        report = session.scalars(select(Version.report).where(Version.ref == house.rounds["4mi-core"])).one()
        dataset, david = factories.a_dataset(code="field-work"), house.person("david")
        made = {"field_dataset": dataset.ref}
        for short, name in {"yannis": "Heron Surveys", "zoe": "Ibis Fieldwork"}.items():
            firm = factories.an_organisation(name=name, kind="contractor")
            person = factories.a_person(organisation=firm, roles=[Role.CONTRACTOR], name=short.title())
            house.people[short] = {"email": person.email, "password": factories.PASSWORD, "name": person.name}
            for key in ("commission", "commission_read") if short == "yannis" else ():
                days = {"first_day": clock.today(), "last_day": clock.today() + dt.timedelta(days=20)}
                what = {"round_name": f"Greece, {key}", "organisation_id": firm.id, "given_by": david.id}
                row = Commission(dataset_id=dataset.id, **days, **what)
                session.add(row)
                session.flush()
                made[key] = row.ref
                if key == "commission_read":
                    version = factories.a_version(dataset=dataset, status="checked")
                    version.commission_id, version.uploaded_by, version.report = row.id, person.id, report
                    made["round_file"] = version.ref
    return made


def a_register(house):
    """Everybody may read who uses the data."""
    form = house["elena"].get("/reports").form("/reports/register")
    if ("on", "true") in form.fields:
        house["elena"].send(form, {})
