"""The tables of links can be taken back, with rows in them."""

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade

from portal.auth.models_links import Invitation
from portal.web.pages import ROOT
from tests.areas.auth.links import Office


@pytest.fixture
def office(app, as_person):
    return Office(app, as_person)


def test_the_migration_can_be_taken_back_with_rows_in_its_tables(app, office):
    assert office.invite("focal").status_code == 303
    before = ScriptDirectory(str(ROOT / "migrations")).get_revision("0016").down_revision
    with app.app_context():
        downgrade(revision=before)
        upgrade()
    assert office.look(Invitation) == []
    assert office.invite("focal").status_code == 303
