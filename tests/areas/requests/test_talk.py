"""What is said about a request: by whom, to whom, and who never sees it."""

import pytest

from tests.areas.requests.scene import World

KEY = "0123456789abcdef" * 2


@pytest.fixture
def world(app, as_person):
    return World(app, as_person)


def say(world, who, ref, text="Which months exactly?", key=KEY, **more):
    return world.post(who, f"/requests/{ref}/notes", text=text, key=key, **more)


def test_both_sides_talk_in_the_request_and_each_hears_of_it(world):
    # Given a request that waits on two regions
    ref = world.sent()
    # When the requester writes
    assert say(world, "anna", ref, "We need 2019 above all.").status_code == 303
    # Then the regions' managers are told, and read it beside their part
    assert {letter.address for letter in world.letters("request_note")} == {
        world.people[name].email for name in ("wana", "esa")
    }
    track = world.tracks(ref)["WANA"].ref
    assert "We need 2019 above all." in world.get("wana", f"/tracks/{track}").text
    # When a manager answers from there, they are back there, and the requester is told
    answer = say(world, "wana", ref, "That is possible.", key="1" * 32, track=track)
    assert answer.headers["Location"] == f"/tracks/{track}#talk"
    assert world.people["anna"].email in {letter.address for letter in world.letters("request_note")}
    assert "That is possible." in world.get("anna", f"/requests/{ref}").text


def test_what_staff_say_among_themselves_never_reaches_the_asking_side(world):
    ref = world.sent()
    track = world.tracks(ref)["WANA"].ref
    assert say(world, "wana", ref, "Mind the small town.", audience="staff", track=track).status_code == 303
    assert "Mind the small town." in world.get("esa", f"/tracks/{world.tracks(ref)['ESA'].ref}").text
    for who in ("anna", "focal"):
        assert "Mind the small town." not in world.get(who, f"/requests/{ref}").text
    ours = {world.people[name].email for name in ("anna", "ben", "focal", "inside")}
    assert not ours & {letter.address for letter in world.letters("request_note")}


def test_somebody_of_the_asking_organisation_reads_no_staff_note_whatever_their_role(world):
    ref = world.sent()
    say(world, "wana", ref, "Mind the small town.", audience="staff", track=world.tracks(ref)["WANA"].ref)
    page = world.get("inside", f"/tracks/{world.tracks(ref)['ESA'].ref}")  # a manager employed by the partner
    assert page.status_code == 200
    assert "Mind the small town." not in page.text
    assert say(world, "inside", ref, "Me too.", key="2" * 32, audience="staff").status_code == 403


def test_a_partner_cannot_write_for_staff(world):
    ref = world.sent()
    assert say(world, "anna", ref, audience="staff").status_code == 403
    assert not world.letters("request_note")


def test_strangers_do_not_talk(world):
    assert say(world, "carl", world.sent()).status_code == 404


def test_a_draft_is_nobodys_to_talk_about(world):
    ref = world.start()
    assert say(world, "anna", ref).status_code == 404


def test_sent_twice_it_is_one_note_and_another_form_is_told(world):
    ref = world.sent()
    say(world, "anna", ref)
    say(world, "anna", ref)
    assert world.get("anna", f"/requests/{ref}").text.count("Which months exactly?") == 1
    assert say(world, "wana", ref).status_code == 409


def test_an_empty_message_is_told_and_a_long_one_is_not_lost(world):
    ref = world.sent()
    answer = say(world, "anna", ref, text="  ")
    assert answer.status_code == 400
    assert "Write your message first." in answer.text
    answer = say(world, "anna", ref, text="a" * 4001)
    assert answer.status_code == 400
    assert "a" * 4001 in answer.text


def test_the_words_are_a_private_part_of_the_log(world):
    ref = world.sent()
    say(world, "anna", ref)
    assert ("request.noted", "everybody") in [(name, reason) for name, reason, *_ in world.events("request.noted")]
