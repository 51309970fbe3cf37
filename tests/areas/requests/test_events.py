"""Incidents: routed by the country of the nearest known place; what happened at sea goes to the coordinator."""

import datetime as dt

import pandas as pd
import pytest

from portal import clock
from portal.catalogue.codebook import reference
from portal.db import session
from portal.disclosure import ruleset
from portal.exports import menu
from portal.exports.models import ProtectedFile, SignOff
from tests import factories
from tests.areas.requests.scene import WORDS, World

PLACES = {("NAF", "LBY"): 40, ("", ""): 70, ("EAY", "SDN"): 35}


@pytest.fixture
def world(app, as_person):
    found = World(app, as_person, datasets=["4mi-incidents"], regions=["WANA", "ESA", "unassigned"])
    rules = ruleset.default("event")
    rows = [
        {"interview_id": f"{country}{n}", "region": region, "country": country, "year": "2019", "far": "0"}
        | {"number_of_dead": "1", "cause_of_death": "drowning"}
        for (region, country), number in PLACES.items()
        for n in range(number)
    ]
    sensitivity = {"number_of_dead": 2, "cause_of_death": 2}
    made = menu.build(pd.DataFrame(rows, dtype="str"), rules, reference(), sensitivity)
    with app.app_context(), factories.given():
        version = factories.a_version(dataset=factories.a_dataset(code="4mi-incidents", kind="events"))
        values = {"rule_set": {}, "rule_set_name": rules.name, "rule_set_version": rules.version, "status": "signed"}
        values["review_by"] = clock.today() + dt.timedelta(days=365)
        file = ProtectedFile(version_id=version.id, tier="event", menu=made, **values)
        session().add(file)
        session().flush()
        signer = {"person_id": found.people["dpo"].id, "role": "dpo", "verdict": "signed", "sha256": ""}
        session().add(SignOff(protected_file_id=file.id, **signer))
    return found


def test_incidents_are_routed_by_country_and_the_sea_to_the_coordinator(world):
    answer = world.post("anna", "/requests/new", dataset="4mi-incidents")
    assert answer.status_code == 303
    ref = answer.headers["Location"].split("/")[2]
    assert world.request(ref).tier == "event"
    world.keep(ref, "rows", families=["place", "time"])
    world.keep(ref, "variables", variables=["number_of_dead", "cause_of_death"])
    why = {"purpose": "research", "purpose_text": WORDS, "outputs": WORDS, "ends_on": "2026-12-31", "language": "fr"}
    world.keep(ref, "why", output_kinds=["internal_analysis"], **why)
    world.keep(ref, "team", team=[world.people["anna"].ref], accepted="yes", terms=world.terms())
    assert world.submit(ref).status_code == 303
    tracks = world.tracks(ref)
    assert {region: track.profile["rows"] for region, track in tracks.items()} == {
        "WANA": 40,
        "ESA": 40,
        "unassigned": 70,
    }
    for name, region in (("wana", "WANA"), ("esa", "ESA"), ("coordinator", "unassigned")):
        assert world.get(name, f"/tracks/{tracks[region].ref}").status_code == 200
        assert world.verdict(name, ref, region=region).status_code == 303
    assert world.request(ref).state == "offered"
    assert world.accept(ref).status_code == 303
    parts = {part["region"]: part["filters"] for part in world.scopes(ref)[-1].content["parts"]}
    assert parts["unassigned"]["country"] == [""]
