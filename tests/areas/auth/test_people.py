"""Taking people in, finding them, shutting them out."""

import pytest
from sqlalchemy import select

from portal import ports
from portal.actor import Role, system
from portal.auth import actions_people, onetime, passwords
from portal.auth.models import Grant, Organisation, Person
from portal.auth.schemas import NewPerson
from portal.db import session, transaction
from portal.errors import Invalid, NotAllowed
from tests import factories
from tests.areas.auth.pages import events, is_in, send

SETUP = system("setup")


@pytest.fixture
def people(app):
    """An administrator, a DPO and two people of one partner."""
    with app.app_context(), factories.given():
        house = factories.an_organisation(name="MMC", kind="mmc")
        partner = factories.an_organisation(name="UNHCR")
        return {
            "admin": factories.a_person(organisation=house, roles=[Role.ADMINISTRATOR], name="Ada Admin"),
            "dpo": factories.a_person(organisation=house, roles=[Role.DPO], name="Dora Officer"),
            "amina": factories.a_person(organisation=partner, name="Amina 50% Yusuf"),
            "bruno": factories.a_person(organisation=partner, name="Bruno_Costa"),
        }


def test_a_region_is_named_in_the_readers_language_wherever_somebodys_role_is(app, people, as_person):
    with app.app_context(), factories.given():
        reader = session().get(Person, people["admin"].id)
        reader.language, house = "fr", reader.organisation
        manager = factories.a_person(organisation=house, roles=[Role.REGIONAL_MANAGER], regions=["WANA"], language="fr")
    admin, own = as_person(people["admin"]), as_person(manager)
    pages = [admin.get("/people/").text, admin.get(f"/organisations/{house.ref}").text, own.get("/profile").text]
    for page in pages:
        assert "Responsable régional (Afrique de l&#39;Ouest et du Nord)" in page


def test_every_page_leads_to_ones_own_profile_and_names_the_zone_of_its_times(people, as_person):
    page = as_person(people["amina"]).get("/requests").text
    assert '<a class="who-name" href="/profile">' in page
    assert f"Times in {people['amina'].time_zone}" in page


def test_whoever_holds_no_role_is_told_so_and_not_to_sign_in(app, people, as_person):
    with app.app_context(), factories.given():
        nobody = factories.a_person(roles=[])
    page = as_person(nobody).get("/").text
    assert "hold no role today" in page
    assert 'href="/sign-in"' not in page


def test_a_person_is_taken_in_with_roles_and_a_second_factor(app):
    hashed = passwords.make("velvet tractor seventeen owls")
    who = NewPerson(
        email=" Fatou@Example.ORG", name="Fatou", roles=(Role.REGIONAL_MANAGER, Role.STEWARD), regions=("WANA", "ESA")
    )
    with app.app_context():
        with transaction():
            organisation = actions_people.create_organisation(SETUP, name="MMC", kind="mmc")
            person, secret = actions_people.create_person(SETUP, organisation, who, password_hash=hashed)
        with transaction():
            row = session().get(Person, person.id)
            assert row.email == "fatou@example.org"
            assert onetime.secret_of(row) == secret
            grants = {(grant.role, grant.region) for grant in session().scalars(select(Grant))}
    assert grants == {("regional_manager", "WANA"), ("regional_manager", "ESA"), ("steward", "")}
    assert [event[0] for event in events(app) if event[0].split(".")[0] in {"org", "person", "role", "auth"}] == [
        "org.created",
        "person.created",
        "auth.mfa.enrolled",
        "role.granted",
        "role.granted",
        "role.granted",
    ]


def test_taking_in_refuses_doubles_and_staff_without_a_factor(app, people):
    with app.app_context(), transaction():
        organisation = session().get(Organisation, people["amina"].organisation_id)
        with pytest.raises(Invalid, match="name"):
            actions_people.create_organisation(SETUP, name="UNHCR", kind="un")
        with pytest.raises(Invalid, match="email"):
            who = NewPerson(email=people["amina"].email.upper(), name="x", roles=(Role.REQUESTER,))
            actions_people.create_person(SETUP, organisation, who, password_hash="x")
        with pytest.raises(Invalid, match="factor"):
            who = NewPerson(email="new@example.org", name="x", roles=(Role.STEWARD,))
            actions_people.create_person(SETUP, organisation, who, password_hash="x", factor=False)


def test_only_the_house_takes_people_in(app, people):
    admin = factories.an_actor(people["admin"], roles=[Role.ADMINISTRATOR])
    with app.app_context(), transaction():
        organisation = session().get(Organisation, people["amina"].organisation_id)
        with pytest.raises(NotAllowed):
            steward = factories.an_actor(people["admin"], roles=[Role.STEWARD])
            actions_people.create_organisation(steward, name="x", kind="un")
        with pytest.raises(NotAllowed):
            actions_people.create_person(
                admin, organisation, NewPerson(email="x@y.z", name="x", roles=()), password_hash=""
            )
        with pytest.raises(NotAllowed):
            actions_people.grant_role(admin, people["amina"], Role.DPO)


def test_disabling_shuts_out_at_once_and_enabling_does_not_bring_sessions_back(app, as_person, people):
    admin, amina = as_person(people["admin"]), as_person(people["amina"])
    ref = people["amina"].ref
    assert is_in(amina)
    answer = send(admin, f"/people/{ref}/disable", page="/people/")
    assert answer.status_code == 303
    assert "Amina 50% Yusuf can no longer sign in" in admin.get("/people/").text
    assert not is_in(amina)
    assert (
        send(app.test_client(), "/sign-in", email=people["amina"].email, password=factories.PASSWORD).status_code == 400
    )
    assert send(admin, f"/people/{ref}/enable").status_code == 303
    assert not is_in(amina)
    assert (
        send(app.test_client(), "/sign-in", email=people["amina"].email, password=factories.PASSWORD).status_code == 303
    )
    assert [event[0] for event in events(app, "person.disabled", "auth.session.revoked", "person.enabled")] == [
        "person.disabled",
        "auth.session.revoked",
        "person.enabled",
    ]


def test_a_second_click_is_told_that_it_was_done(app, as_person, people):
    admin = as_person(people["admin"])
    ref = people["amina"].ref
    assert send(admin, f"/people/{ref}/enable").status_code == 409
    send(admin, f"/people/{ref}/disable")
    assert send(admin, f"/people/{ref}/disable").status_code == 409
    assert len(events(app, "person.disabled")) == 1


def test_nobody_disables_themselves(app, as_person, people):
    admin = as_person(people["admin"])
    assert f"/people/{people['admin'].ref}/disable" not in admin.get("/people/").text
    assert send(admin, f"/people/{people['admin'].ref}/disable").status_code == 403
    assert is_in(admin)


def test_an_administrator_ends_the_sessions_of_somebody(app, as_person, people):
    admin, amina = as_person(people["admin"]), as_person(people["amina"])
    assert send(admin, f"/people/{people['amina'].ref}/end-sessions").status_code == 303
    assert not is_in(amina)
    assert is_in(admin)


def test_the_dpo_looks_and_changes_nobody(as_person, people):
    dpo = as_person(people["dpo"])
    page = dpo.get("/people/").text
    assert "Amina" in page
    assert "/disable" not in page
    for deed in ("disable", "enable", "end-sessions"):
        assert send(dpo, f"/people/{people['amina'].ref}/{deed}").status_code == 403, deed


def test_partners_do_not_see_people(app, as_person, people):
    amina = as_person(people["amina"])
    assert amina.get("/people/").status_code == 403
    assert send(amina, f"/people/{people['bruno'].ref}/disable").status_code == 403
    assert "/people/" not in amina.get("/profile").text
    assert [event[1] for event in events(app, "authz.denied")] == ["NotAllowed", "NotAllowed"]


def test_nobody_there_is_404(as_person, people):
    assert send(as_person(people["admin"]), f"/people/{'0' * 32}/disable").status_code == 404


def _names(page):
    return [
        name
        for name in ("Ada Admin", "Dora Officer", "Amina 50% Yusuf", "Bruno_Costa")
        if name in page.text.split("<tbody>")[1]
    ]


NARROWED = {
    "": ["Ada Admin", "Dora Officer", "Amina 50% Yusuf", "Bruno_Costa"],
    "?q=unhcr": ["Amina 50% Yusuf", "Bruno_Costa"],
    "?q=%25": ["Amina 50% Yusuf"],
    "?q=_": ["Bruno_Costa"],
    "?q=nobody": [],
    "?role=dpo": ["Dora Officer"],
    "?status=disabled": [],
    "?status=active&q=mmc": ["Ada Admin", "Dora Officer"],
}


def test_the_list_is_narrowed_by_words_role_and_status(as_person, people):
    admin = as_person(people["admin"])
    assert {query: _names(admin.get(f"/people/{query}")) for query in NARROWED} == NARROWED


def test_the_list_sorts_both_ways(as_person, people):
    admin = as_person(people["admin"])
    for sort in ("name", "organisation", "seen"):
        up, down = (admin.get(f"/people/?sort={sort}{more}") for more in ("", "&descending=True"))
        assert 'aria-sort="ascending"' in up.text
        assert 'aria-sort="descending"' in down.text
        rows = [page.text.split("<tbody>")[1] for page in (up, down)]
        ada_is_below = [row.index("Ada Admin") > row.index("Bruno_Costa") for row in rows]
        assert ada_is_below == ([False, False] if sort == "seen" else [False, True])  # who never came stands last


STRANGE = ("?sort=password_hash", "?page=0", "?page=x", "?role=king", "?admin=1", "?q=a&q=b", "?q=" + "x" * 101)


def test_a_strange_question_is_refused(as_person, people):
    admin = as_person(people["admin"])
    for query in STRANGE:
        assert admin.get(f"/people/{query}").status_code == 400, query


def test_the_list_comes_in_pages_and_the_filter_stays(app, as_person, people):
    with app.app_context(), factories.given():
        organisation = factories.an_organisation(name="Crowd")
        for _ in range(30):
            factories.a_person(organisation=organisation)
    admin = as_person(people["admin"])
    first = admin.get("/people/?q=crowd")
    assert "/people/?q=crowd&amp;sort=name&amp;page=2" in first.text
    assert first.text.count("/disable?q=crowd") == 25
    last = admin.get("/people/?q=crowd&page=99")
    assert last.text.count("/disable?") == 5
    with app.app_context(), transaction():
        somebody = session().scalar(
            select(Person.ref).where(Person.organisation.has(Organisation.name == "Crowd")).limit(1)
        )
    back = send(admin, f"/people/{somebody}/disable?q=crowd&page=2")
    assert back.headers["Location"] == "/people/?q=crowd&sort=name&page=2"


def test_the_log_learns_names_of_people_and_organisations_by_reference(app, people):
    with app.app_context(), transaction():
        organisation = session().get(Organisation, people["amina"].organisation_id)
        asked = [
            people["amina"].ref,
            organisation.ref,
            "system:worker",
            "",
            *(f"{number:032x}" for number in range(1200)),
        ]
        assert ports.house.names(asked) == {people["amina"].ref: "Amina 50% Yusuf", organisation.ref: "UNHCR"}


def test_looking_at_people_leaves_a_trace(app, as_person, people):
    as_person(people["admin"]).get("/people/")
    assert events(app, "person.viewed") == [("person.viewed", "", people["admin"].ref, "people.people")]


def test_preferences_take_effect_at_once_and_are_recorded(app, as_person, people):
    amina = as_person(people["amina"])
    answer = send(amina, "/profile", page="/profile", language="fr", time_zone="Africa/Nairobi")
    assert answer.status_code == 303
    page = amina.get("/profile").text
    assert '<html lang="fr"' in page
    assert '<option value="Africa/Nairobi" selected>' in page
    assert events(app, "person.updated") == [("person.updated", "", people["amina"].ref, people["amina"].ref)]


CANNOT_BE = (
    {"language": "xx", "time_zone": "UTC"},
    {"language": "en", "time_zone": "Mars/Olympus"},
    {"language": "en"},
    {"language": "en", "time_zone": "UTC", "name": "Somebody Else"},
    {"language": "en", "time_zone": "UTC", "organisation_id": "1"},
    {"language": ["en", "fr"], "time_zone": "UTC"},
)


def test_preferences_that_cannot_be_change_nothing(app, as_person, people):
    amina = as_person(people["amina"])
    for fields in CANNOT_BE:
        assert send(amina, "/profile", page="/profile", **fields).status_code == 400, fields
    assert events(app, "person.updated") == []
