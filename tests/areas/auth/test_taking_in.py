"""Taking the first people in from the shell: how a fresh instance gets somebody who can sign in."""

import pyotp
import pytest

from portal.auth.models import Person
from portal.catalogue.models import Dataset
from portal.db import session, transaction

GOOD = "purple otter walks nine rivers"
ORGANISATION = ["people", "add-organisation", "A House", "--kind", "mmc"]
PERSON = ["people", "add", "Dora@House.example", "--name", "Dora", "--organisation", "A House", "--role", "dpo"]


@pytest.fixture
def shell(app):
    return lambda *words, typed="": app.test_cli_runner().invoke(args=list(words), input=typed)


def test_a_fresh_portal_takes_in_somebody_who_can_sign_in(app, shell):
    assert shell(*ORGANISATION).exit_code == 0
    told = shell(*PERSON, typed=f"{GOOD}\n{GOOD}\n")
    assert told.exit_code == 0, told.output
    code = pyotp.parse_uri(told.output.strip().splitlines()[-1]).now()
    browser = app.test_client()
    page = browser.get("/sign-in").text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    given = {"email": "dora@house.example", "password": GOOD, "csrf_token": token}
    page = browser.post("/sign-in", data=given, follow_redirects=True).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = browser.post("/sign-in/code", data={"code": code, "csrf_token": token})
    assert answer.status_code == 303
    assert "Dora" in browser.get("/profile").text


def test_a_weak_password_takes_nobody_in(app, shell):
    shell(*ORGANISATION)
    told = shell(*PERSON, typed="passwordpassword\npasswordpassword\n")
    assert told.exit_code == 1
    assert "common" in told.output
    with app.app_context(), transaction():
        assert session().query(Person).count() == 0


def test_an_unknown_organisation_is_named_with_the_way_to_add_it(shell):
    told = shell(*PERSON, typed=f"{GOOD}\n{GOOD}\n")
    assert told.exit_code == 1
    assert "add-organisation" in told.output


def test_a_dataset_is_opened_once(app, shell):
    words = [
        "catalogue",
        "register",
        "returns",
        "--kind",
        "interviews",
        "--title-en",
        "Returns",
        "--title-fr",
        "Retours",
    ]
    assert shell(*words).exit_code == 0
    assert shell(*words).exit_code == 1
    with app.app_context(), transaction():
        assert session().query(Dataset).one().code == "returns"
