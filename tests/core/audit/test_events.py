"""What is not on the list did not happen here."""

import re

import pytest

from portal.audit.event_types import Outcome, Unknown
from portal.audit.events import REGISTRY, find


def test_a_listed_event_is_found():
    assert find("authz.denied").outcome == Outcome.DENIED


@pytest.mark.parametrize(
    "name", ["", "request", "request.approve", "Request.approved", "request.approved ", "auth.login"]
)
def test_an_unknown_event_is_refused(name):
    with pytest.raises(Unknown, match="list it"):
        find(name)


def test_names_are_an_area_and_what_happened_there():
    for name in REGISTRY:
        assert re.fullmatch(r"[a-z]+(\.[a-z_]+){1,3}", name)
