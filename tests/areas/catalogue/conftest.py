"""A catalogue with one survey and one incident collection, a steward at work, a partner looking on."""

import pytest

from portal.actor import Role
from tests import factories


@pytest.fixture
def scene(app):
    with app.app_context(), factories.given():
        mmc = factories.an_organisation(kind="mmc")
        return {
            "survey": factories.a_dataset(code="4mi-core").ref,
            "incidents": factories.a_dataset(code="4mi-incidents", kind="events").ref,
            "steward": factories.a_person(roles=[Role.STEWARD], organisation=mmc),
            "dpo": factories.a_person(roles=[Role.DPO], organisation=mmc),
            "manager": factories.a_person(roles=[Role.REGIONAL_MANAGER], regions=["WANA"], organisation=mmc),
            "partner": factories.a_person(roles=[Role.REQUESTER]),
        }


@pytest.fixture
def steward(as_person, scene):
    return as_person(scene["steward"])


@pytest.fixture
def partner(as_person, scene):
    return as_person(scene["partner"])
