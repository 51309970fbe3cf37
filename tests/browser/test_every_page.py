"""Every page of the portal, errors included: axe finds nothing, nothing sticks out, nothing is refused by the policy."""

import pytest
from sqlalchemy import select

from portal import clock
from portal.demo_browser import Browser
from portal.requests.models import Request, Track
from portal.requests.models_duties import Obligation
from portal.requests.models_publications import Publication
from tests.browser import asking, ending
from tests.browser.house import GREEN
from tests.browser.visitor import DESK, PHONE, SMALL

BYTES = 100_000
NO_PAGE = {
    "static": "files",
    "web.health": "one word for machines",
    "audit.download": "a CSV file",
    "audit.checkpoint": "a signed note for other tools",
    "catalogue.version_progress": "a part of a page",
    "rounds.file_progress": "a part of a page",
    "exports.protected_progress": "a part of a page",
    "exports.assessment_file": "a file",
    "releases.release_progress": "a part of a page",
    "drafts.panel": "a part of a page",
    "notices.calendar": "a calendar file",
}
# name of the visit: (endpoint, who, address)
PAGES = {
    "home": ("web.home", "", "/"),
    "privacy": ("web.privacy", "", "/privacy"),
    "sign-in": ("auth.sign_in", "", "/sign-in"),
    "profile": ("auth.profile", "amina", "/profile"),
    "password": ("auth.password", "amina", "/profile/password"),
    "catalogue": ("catalogue.shelf", "amina", "/catalogue/"),
    "catalogue-nothing-found": ("catalogue.shelf", "amina", "/catalogue/?q=xyzzy"),
    "dataset": ("catalogue.dataset", "amina", "/catalogue/{dataset}"),
    "dataset-search": ("catalogue.dataset", "david", "/catalogue/{dataset}?q=smuggler"),
    "co-owners": ("owners.owners", "david", "/catalogue/{dataset}/owners"),
    "co-owners-to-read": ("owners.owners", "ingrid", "/catalogue/{dataset}/owners"),
    "co-ownership-to-end": ("owners.end_form", "david", "/catalogue/owners/{coownership}/end"),
    "contractors": ("commissions.commissions", "david", "/catalogue/{field_dataset}/commissions"),
    "contractors-to-read": ("commissions.commissions", "ingrid", "/catalogue/{dataset}/commissions"),
    "commission-to-end": ("commissions.end_form", "david", "/catalogue/commissions/{commission}/end"),
    "rounds": ("rounds.rounds", "yannis", "/rounds"),
    "rounds-none": ("rounds.rounds", "zoe", "/rounds"),
    "round-to-load": ("rounds.round_", "yannis", "/rounds/{commission}"),
    "round-read": ("rounds.round_", "yannis", "/rounds/{commission_read}"),
    "round-file": ("rounds.file", "yannis", "/rounds/files/{round_file}"),
    "decision-co-owner": ("reviews.track", "helena", "/tracks/{owners_track}"),
    "tables": ("tables.table", "amina", "/catalogue/{dataset}/tables"),
    "table": ("tables.table", "amina", "/catalogue/{dataset}/tables?row=country&column=drivers&gender=woman"),
    "upload": ("catalogue.upload_form", "david", "/catalogue/upload"),
    "version": ("catalogue.version", "david", "/catalogue/versions/{version}"),
    "roles": ("catalogue.roles_form", "david", "/catalogue/versions/{version}/roles"),
    "rules": ("rulesets.shelf", "ingrid", "/rules"),
    "rule-set": ("rulesets.rule_set", "ingrid", "/rules/partner"),
    "rule-set-change": ("rulesets.change", "ingrid", "/rules/licensed/change"),
    "protected-files": ("exports.protected_files", "ingrid", "/protected"),
    "held": ("exports.held", "ingrid", "/held"),
    "protected-file": ("exports.protected_file", "ingrid", "/protected/{partner}"),
    "protected-file-to-sign": ("exports.protected_file", "ingrid", "/protected/{event}"),
    "assessment": ("exports.protected_assessment", "ingrid", "/protected/{partner}/assessment"),
    "holdings": ("duties.holdings", "amina", "/holdings"),
    "duties": ("duties.shelf", "ingrid", "/duties"),
    "duty": ("duties.duty", "amina", "/duties/{duty}"),
    "releases": ("ends.shelf", "ingrid", "/releases"),
    "release-ended": ("ends.form", "ingrid", "/releases/{destroyed}/end"),
    "release-end": ("ends.form", "ingrid", "/releases/{release}/end"),
    "second-look": ("checks.page", "ingrid", "/releases/{release}/check"),
    "certificate": ("ends.certificate", "ingrid", "/releases/{destroyed}/certificate"),
    "agreements": ("agreements.shelf", "elena", "/agreements"),
    "agreement": ("agreements.agreement", "elena", "/agreements/{agreement}"),
    "agreement-terms": ("acceptance.terms", "amina", "/agreements/{agreement}/terms"),
    "agreement-new": ("agreements.new", "elena", "/agreements/new"),
    "agreement-to-stop": ("agreements.agreement", "ingrid", "/agreements/{agreement}"),
    "agreement-draft": ("agreements.agreement", "elena", "/agreements/{agreement_draft}"),
    "agreement-edit": ("drafting.edit", "elena", "/agreements/{agreement_draft}/edit"),
    "agreement-shared": ("agreements.agreement", "helena", "/agreements/{agreement_shared}"),
    "agreement-to-record": ("agreements.agreement", "ingrid", "/agreements/{agreement_accepted}"),
    "agreement-to-sign": ("agreements.agreement", "henrik", "/agreements/{agreement_signing}"),
    "agreement-changes": ("drafting.changes", "elena", "/agreements/{agreement_shared}/changes?was=1&now=2"),
    "requests": ("requests.shelf", "amina", "/requests"),
    "requests-none": ("requests.shelf", "noor", "/requests"),
    "request-new": ("requests.new", "amina", "/requests/new"),
    "request-enter": ("mailed.page", "elena", "/requests/enter"),
    "request-returned": ("requests.tracking", "amina", "/requests/{returned}"),
    "request-in-review": ("requests.tracking", "amina", "/requests/{review}"),
    "request-offered": ("requests.tracking", "amina", "/requests/{offered}"),
    "request-active": ("requests.tracking", "amina", "/requests/{active}"),
    "request-to-confirm": ("requests.tracking", "amina", "/requests/{renewed}"),
    "request-to-stop": ("requests.tracking", "ingrid", "/requests/{active}"),
    "longer-use-to-ask": ("extensions.extension", "amina", "/requests/{active}/extension"),
    "longer-use-asked": ("extensions.extension", "amina", "/requests/{longer}/extension"),
    "longer-use-officer": ("extensions.extension", "ingrid", "/requests/{longer}/extension"),
    "longer-use-region": ("extensions.part", "moussa", "/tracks/{longer_track}/extension"),
    "step-1-rows": ("drafts.edit", "amina", "/requests/{draft}/edit/rows"),
    "step-2-variables": ("drafts.edit", "amina", "/requests/{draft}/edit/variables"),
    "step-3-why": ("drafts.edit", "amina", "/requests/{draft}/edit/why"),
    "step-4-team": ("drafts.edit", "amina", "/requests/{draft}/edit/team"),
    "step-5-review": ("drafts.edit", "amina", "/requests/{draft}/edit/review"),
    "answer": ("drafts.edit", "amina", "/requests/{returned}/edit/review"),
    "inbox": ("reviews.inbox", "moussa", "/inbox"),
    "inbox-officer": ("reviews.inbox", "ingrid", "/inbox"),
    "inbox-empty": ("reviews.inbox", "tariq", "/inbox"),
    "inbox-late": ("reviews.inbox", "elena", "/inbox?show=late"),
    "inbox-decided": ("reviews.inbox", "moussa", "/inbox?show=decided"),
    "together": ("together.selection", "moussa", "/inbox/together?part={green}&part={green_too}"),
    "together-mixed": ("together.selection", "moussa", "/inbox/together?part={track}&part={green}"),
    "together-nothing": ("together.selection", "moussa", "/inbox/together"),
    "deputies": ("standins.deputies", "moussa", "/deputies"),
    "step-aside": ("standins.recuse_page", "moussa", "/tracks/{track}/recuse"),
    "give-away": ("standins.reassign_page", "elena", "/tracks/{track}/reassign"),
    "papers": ("request_papers.shelf", "amina", "/requests/{draft}/papers"),
    "publications": ("publications.shelf", "amina", "/publications"),
    "publication": ("publications.publication", "amina", "/publications/{publication}"),
    "obligations": ("obligations.obligations", "amina", "/obligations"),
    "obligation": ("obligations.obligation", "amina", "/obligations/{obligation}"),
    "left": ("left.shared", "moussa", "/left"),
    "decision": ("reviews.track", "moussa", "/tracks/{track}"),
    "decision-decided": ("reviews.track", "moussa", "/tracks/{decided}"),
    "officer": ("reviews.officer", "ingrid", "/requests/{officer}/officer"),
    "stop": ("stop.shelf", "ingrid", "/stop"),
    "stop-person": ("stop.new", "ingrid", "/stop/new?kind=person"),
    "stop-route": ("stop.new", "ingrid", "/stop/new?kind=place"),
    "stop-preview": ("stop.new", "ingrid", "/stop/new?kind=nationality&codes=11"),
    "freeze": ("stop.show", "ingrid", "/stop/{freeze}"),
    "emergencies": ("emergencies.shelf", "ingrid", "/emergencies"),
    "emergencies-none": ("emergencies.shelf", "noor", "/emergencies"),
    "emergency-to-ask": ("emergencies.new", "amina", "/emergencies/new?dataset={dataset}"),
    "emergency-to-answer": ("emergencies.show", "moussa", "/emergencies/{emergency}"),
    "emergency-own": ("emergencies.show", "amina", "/emergencies/{emergency_granted}"),
    "emergency-to-review": ("emergencies.show", "ingrid", "/emergencies/{emergency_granted}"),
    "tables-by-emergency": (
        "tables.table",
        "amina",
        "/catalogue/{dataset}/tables?row=gender&under={emergency_granted}",
    ),
    "incidents": ("incidents.shelf", "ingrid", "/incidents"),
    "incidents-none": ("incidents.shelf", "noor", "/incidents"),
    "incident-report": ("incidents.report_form", "amina", "/incidents/report"),
    "incident": ("incidents.show", "ingrid", "/incidents/{incident}"),
    "incident-own": ("incidents.show", "amina", "/incidents/{incident}"),
    "log": ("audit.events", "ingrid", "/log"),
    "log-nothing-found": ("audit.events", "ingrid", "/log?text=xyzzy"),
    "event": ("audit.event", "ingrid", "/log/events/{logged}"),
    "timeline": ("audit.timeline", "ingrid", "/log/request/{active}"),
    "people": ("people.people", "kofi", "/people/"),
    "messages": ("notices.notices", "amina", "/notices"),
    "messages-none": ("notices.notices", "noor", "/notices"),
    "message-settings": ("notices.settings", "amina", "/notices/settings"),
    "reports": ("reports.overview", "elena", "/reports"),
    "reports-nothing-to-switch": ("reports.overview", "moussa", "/reports?year=0"),
    "register": ("reports.register", "", "/register"),
    "outbox": ("outbox.outbox", "kofi", "/outbox"),
    "person": ("people.person", "kofi", "/people/{person}"),
    "organisations": ("organisations.shelf", "kofi", "/organisations"),
    "organisation": ("organisations.organisation", "kofi", "/organisations/{house}"),
    "organisation-own": ("organisations.own", "helena", "/organisation"),
    "invitations": ("invitations.shelf", "helena", "/invitations"),
    "invite": ("invitations.new", "helena", "/invitations/new"),
    "invite-staff": ("invitations.new", "kofi", "/invitations/new"),
    "step-up": ("stepup.ask", "amina", "/step-up"),
    "address": ("address.ask_form", "amina", "/profile/address"),
    "join": ("joining.invitation", "", "/join/{join}"),
    "address-confirm": ("address.confirm_form", "", "/address/{address}"),
}
# French differs by its words: looked at where they have least room, on the long round
LANGUAGES = pytest.mark.parametrize("language", ["en", pytest.param("fr", marks=pytest.mark.long)])
ELSEWHERE = {"auth.code": "it exists between password and code only: see the_page_for_the_code"}


@pytest.fixture(scope="session")
def places(house):
    """A request in every state, and the references that the addresses above name."""
    house.sign_off()
    made = asking.a_co_owner(house)
    made |= {"draft": asking.a_draft(house), "review": asking.a_request(house)}
    made["returned"] = asking.a_request(house)
    green = {name: asking.a_request(house, variables=GREEN) for name in ("green", "green_too")}
    asking.regions_decide(house, made["returned"], "ask")
    made["officer"] = asking.a_request(house)
    asking.regions_decide(house, made["officer"])
    made["offered"] = asking.an_offer(house)
    made["active"] = asking.an_offer(house)
    asking.accepted(house, made["active"])
    asking.built(house, made["active"])
    made |= ending.ended(house, made["active"])
    made["incident"] = asking.an_incident(house)
    made["freeze"] = asking.a_freeze(house)
    made["longer"] = asking.a_longer_use(house)
    made["renewed"] = asking.a_renewed_request(house, made["active"])
    asking.a_register(house)
    tracks = {name: house.track(made[name], "WANA") for name in ("review", "active", "longer")}
    tracks |= {name: house.track(ref, "WANA") for name, ref in green.items()}
    with house.given() as session:  # the region is silent, and the coordinator has been told
        session.scalars(select(Track).where(Track.ref == tracks["review"])).one().escalated_at = clock.now()
        active = session.scalars(select(Request).where(Request.ref == made["active"])).one()
        text = Publication(request_id=active.id, review_days=30, title="Routes through the desert", status="open")
        session.add(text)
        session.flush()
        made["publication"] = text.ref
        made["obligation"] = session.scalars(select(Obligation.ref).limit(1)).one()
    made |= asking.agreements(house)
    made |= asking.contractors(house)
    made |= asking.emergencies(house)
    made |= house.links()
    return (
        made
        | house.places()
        | {"track": tracks["review"], "decided": tracks["active"], "longer_track": tracks["longer"]}
        | {name: tracks[name] for name in green}
    )


def test_every_page_is_visited_or_is_said_to_be_none(house):
    with house.inside():
        pages = {rule.endpoint for rule in house.app.url_map.iter_rules() if "GET" in rule.methods}
    assert pages == {endpoint for endpoint, *_ in PAGES.values()} | NO_PAGE.keys() | ELSEWHERE.keys()


def _visits():
    """Every page in both languages; every other one on the long round only, as all are in French."""
    for at, name in enumerate(PAGES):
        yield pytest.param(name, "en", marks=[pytest.mark.long] if at % 2 else [])
        yield pytest.param(name, "fr", marks=pytest.mark.long)


@pytest.mark.parametrize(("name", "language"), list(_visits()))
def test_a_page_is_open_to_everybody(window, places, name, language):
    _, who, address = PAGES[name]
    visitor = window(who, language)
    visitor.go(address.format(**places))
    _is_sound(visitor, name, language)
    assert visitor.complained() == []


def _is_sound(visitor, name, language):
    """No overflow down to 320 pixels, under 100 kB, in the right language, no raw code shown; axe finds nothing.

    What takes longest is done on the long round, in French: axe at both widths, and 320 pixels.
    """
    thorough = language == "fr"
    assert visitor.page.evaluate("() => document.documentElement.lang") == language
    assert visitor.overflow() == []
    assert not thorough or visitor.axe() == []
    visitor.picture(f"{name}-1280-{language}")
    if thorough:
        visitor.resize(SMALL)
        assert visitor.overflow() == []
    visitor.resize(PHONE)
    assert visitor.overflow() == []
    assert not thorough or visitor.axe() == []
    visitor.picture(f"{name}-390-{language}")
    visitor.resize(DESK)
    weight = visitor.weight()
    assert sum(weight.values()) < BYTES, weight
    assert "object at 0x" not in visitor.page.locator("body").inner_text()


@LANGUAGES
def test_the_page_for_the_code_is_open_to_everybody(visit, house, language):
    visitor = visit(language=language)
    page = visitor.go("/sign-in")
    page.fill("#f-email", house.people["noor"]["email"])
    page.fill("#f-password", house.people["noor"]["password"])
    page.press("#f-password", "Enter")
    page.wait_for_url("**/sign-in/code*")
    _is_sound(visitor, "sign-in-code", language)


def broken_token(visitor, places):
    visitor.go("/privacy")
    visitor.send("/language", 400, csrf_token="broken", language="fr")


def signed_out(visitor, places):
    visitor.go("/profile/password")
    visitor.context.clear_cookies(name="portal_session")
    visitor.send("/requests/new", 401, dataset="4mi-core")


def not_allowed(visitor, places):
    visitor.go("/people/", 403)


def not_there(visitor, places):
    visitor.go("/requests/" + "0" * 32, 404)


def not_so(visitor, places):
    visitor.go("/sign-out", 405)


def stale(visitor, places):
    visitor.go(f"/requests/{places['draft']}/edit/team")
    visitor.send(f"/requests/{places['draft']}/edit/team", 409, lock="0", go="next")


def stale_scope(visitor, places):
    visitor.go(f"/requests/{places['offered']}")
    visitor.send(f"/requests/{places['offered']}/accept", 409, lock="0", sha256="0" * 64)


def too_large(visitor, places):
    visitor.go("/privacy")
    visitor.send("/language", 413, language="fr", next="/" + "x" * (2 * 1024 * 1024))


def incomplete(visitor, places):
    visitor.go(f"/requests/{places['draft']}/edit/why")
    lock = visitor.page.locator("input[name=lock]").input_value()
    visitor.send(f"/requests/{places['draft']}/edit/why", 400, lock=lock, purpose_text="short", go="save-nothing")


def _broken_factor(visitor, status, column, value):
    """Sign in as Tariq while the portal's secret of his second factor is damaged."""
    house = visitor.house
    with house.given():
        person = house.person("tariq")
        kept = getattr(person, column)
        setattr(person, column, value)
    try:
        page = visitor.go("/sign-in")
        page.fill("#f-email", house.people["tariq"]["email"])
        page.fill("#f-password", house.people["tariq"]["password"])
        page.press("#f-password", "Enter")
        page.wait_for_url("**/sign-in/code*")
        visitor.send("/sign-in/code", status, code="123456", next="")
    finally:
        with house.given():
            setattr(house.person("tariq"), column, kept)


def fault(visitor, places):
    _broken_factor(visitor, 500, "totp_wrapped", b"x" * 64)


def key_missing(visitor, places):
    _broken_factor(visitor, 503, "totp_key_id", "private-00000000")


ERRORS = {
    "error-400": ("amina", broken_token),
    "error-400-field": ("amina", incomplete),
    "error-401": ("amina", signed_out),
    "error-403": ("amina", not_allowed),
    "error-404": ("amina", not_there),
    "error-405": ("amina", not_so),
    "error-409": ("amina", stale),
    "error-409-scope": ("amina", stale_scope),
    "error-413": ("amina", too_large),
    "error-500": ("", fault),
    "error-503": ("", key_missing),
}


@LANGUAGES
@pytest.mark.parametrize("name", ERRORS)
def test_an_error_page_is_open_to_everybody(visit, house, places, name, language):
    who, happen = ERRORS[name]
    visitor = visit(language=language)
    if who:
        cookie = {"name": "portal_session", "value": house.token(who), "url": house.url}
        visitor.context.add_cookies([cookie])
    happen(visitor, places)
    _is_sound(visitor, name, language)


def test_a_list_is_sorted_on_a_phone_too(visit, house):
    visitor = visit("kofi", size=PHONE)
    page = visitor.go("/people/")
    link = page.get_by_role("link", name="Last seen", exact=True)
    box = link.bounding_box()
    assert min(box["width"], box["height"]) >= 24
    link.click()
    page.wait_for_url("**sort=seen**")


def test_who_is_not_signed_in_is_asked_to_and_comes_back(visit, house):
    visitor = visit()
    page = visitor.go("/requests")
    assert "/sign-in" in page.url
    assert page.locator("form[action='/sign-in'] input[name=next]").input_value() == "/requests"


def test_the_portal_serves_a_browser_without_compression_too(house):
    answer = Browser(house.url)._session.get(house.url, headers={"Accept-Encoding": "identity"}, timeout=20)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
