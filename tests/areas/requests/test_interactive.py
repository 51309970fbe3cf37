"""A quiet hint where the public dashboard may answer at once. It stops nobody."""

import pytest

from portal.catalogue import interactive
from portal.catalogue.codebook import reference

HINT = interactive.URL


def test_every_topic_names_green_variables_of_the_codebook():
    known = reference().variables
    assert interactive.topics().keys() <= known.keys()
    assert all(known[name].sensitivity <= interactive.GREEN for name in interactive.topics())


@pytest.mark.parametrize(
    ("variables", "shown"),
    [(["drivers"], True), (["drivers", "exp_types"], False), (["bribe_paid"], False), ([], False)],
)
def test_the_hint_stands_on_both_steps_only_where_all_of_it_is_public(world, variables, shown):
    ref = world.start()
    world.keep(ref, "variables", variables=variables, go="save")
    for step in ("rows", "variables"):
        assert (HINT in world.get("anna", f"/requests/{ref}/edit/{step}").text) is shown
    asked = "&".join(f"variables={name}" for name in variables)
    panel = world.get("anna", f"/requests/{ref}/edit/variables/panel?lock=1&go=save&{asked}").text
    assert (HINT in panel) is shown


def test_it_stops_nobody(world):
    assert world.request(world.sent(variables=("drivers",))).state == "in_review:regions"
