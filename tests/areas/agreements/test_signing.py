"""From a draft to an agreement in force, as both sides see it."""

import re

import pytest

from portal.agreements.content import OWN, columns
from portal.agreements.models_signing import Basis, SavedText, Signature
from portal.agreements.words_signing import FIELD
from tests.areas.agreements.way import RECORD, WHY


def test_a_draft_is_negotiated_frozen_signed_by_both_and_takes_effect(way):
    ref = way.draft()
    assert way.get("fay", f"/agreements/{ref}").status_code == 404  # it is not an offer yet
    way.go(ref, "cora share")
    assert way.row(ref).state == "draft:partner"
    assert way.letters("agreement_shared") == way.addresses("fay", "sven")
    assert "Accept the text" in way.get("fay", f"/agreements/{ref}").text
    assert way.get("anna", f"/agreements/{ref}").status_code == 404  # a colleague who does not negotiate it
    way.go(ref, "fay hand_back")
    assert WHY in way.get("cora", f"/agreements/{ref}").text
    assert way.save(ref, text_en="Another text.").status_code == 303
    way.go(ref, "cora share", "fay accept")
    row = way.row(ref)
    assert (row.state, row.text_sha256) == ("signing:dpo", way.sha256(ref))
    assert way.letters("agreement_for_officer") == way.addresses("dana", "dino")
    way.go(ref, "dana record")
    assert way.letters("agreement_to_sign") == way.addresses("hedda", "sven")
    assert "Still to sign: Hedda, Sven." in way.get("hedda", f"/agreements/{ref}").text
    way.go(ref, "sven sign")
    assert way.row(ref).state == "signing:names"
    way.go(ref, "hedda sign")
    row = way.row(ref)
    assert (row.state, row.text_sha256) == ("active", way.sha256(ref))
    assert row.activated_at is not None
    page = way.get("anna", f"/agreements/{ref}").text
    assert row.text_sha256[:12] in page
    assert "A task in the public interest" in page
    named = [name for name, _, _, target in way.events() if target == ref and not name.endswith("viewed")]
    assert [one for one in named if one != "authz.denied"] == [
        "agreement.created", "agreement.shared", "agreement.handed_back", "agreement.changed", "agreement.shared",
        "agreement.accepted", "agreement.basis.recorded", "agreement.signed", "agreement.signed",
        "agreement.completed", "agreement.activated",
    ]  # fmt: skip


def test_whose_turn_it_is_reads_so_on_the_page_their_work_begins_on(way):
    ref = way.draft()
    starts = {"fay": "/requests", "sven": "/requests", "anna": "/requests", "otto": "/requests"}
    starts |= {"dana": "/inbox", "hedda": "/inbox", "cora": "/inbox", "stella": "/inbox"}

    def told():
        pages = {name: way.get(name, path).text for name, path in starts.items()}
        assert all(
            (f"/agreements/{ref}" in page) == ("Agreements that wait for you" in page) for page in pages.values()
        )
        return {name for name, page in pages.items() if f"/agreements/{ref}" in page}

    assert told() == set()
    way.go(ref, "cora share")
    assert told() == {"fay", "sven"}
    assert "your answer to the text" in way.get("fay", "/requests").text
    way.go(ref, "fay accept")
    assert told() == {"dana"}
    way.go(ref, "dana record")
    assert told() == {"hedda", "sven"}
    way.go(ref, "sven sign")
    assert told() == {"hedda"}
    way.go(ref, "hedda sign")
    assert told() == set()


def test_a_change_after_one_signature_drops_it_and_the_record(way):
    ref = way.go(way.agreed(), "hedda sign", "sven reopen")
    assert (way.row(ref).state, way.row(ref).text_sha256) == ("draft", "")
    assert [one.voided_at is not None for one in way.look(Signature)] == [True]
    assert [one.voided_at is not None for one in way.look(Basis)] == [True]
    way.go(ref, "cora share", "fay accept")  # not a letter was changed: even so both begin anew
    assert way.step(ref, "hedda", "sign").status_code == 409
    way.go(ref, "dana record", "sven sign")
    assert way.row(ref).state == "signing:names"
    way.go(ref, "hedda sign")
    assert way.row(ref).state == "active"


def test_clauses_changed_behind_the_workflow_are_signed_by_nobody(way):
    ref = way.agreed()
    way.set(ref, most_sensitive=4)
    assert way.step(ref, "hedda", "sign").status_code == 409
    assert way.look(Signature) == []


def test_a_signature_is_for_the_text_that_was_seen_and_a_second_click_changes_nothing(way):
    ref = way.agreed()
    assert way.step(ref, "hedda", "sign", sha256="0" * 64).status_code == 409
    assert way.step(ref, "hedda", "sign", code="000000").status_code == 400
    sent = {"sha256": way.row(ref).text_sha256, "code": way.code("hedda")}
    assert [way.post("hedda", f"/agreements/{ref}/sign", **sent).status_code for _ in range(2)] == [303, 303]
    assert len(way.look(Signature)) == 1
    assert way.events("agreement.signed").__len__() == 1


def test_whoever_is_not_named_does_not_sign(way):
    ref = way.agreed()
    assert {who: way.step(ref, who, "sign").status_code for who in ("cora", "fay", "dana", "hal", "otto")} == {
        "cora": 403, "fay": 403, "dana": 403, "hal": 403, "otto": 404,
    }  # fmt: skip


def test_signatories_belong_to_their_side(way):
    people = way.people
    for wrong in (
        {"mmc_signatory": people["hal"].ref},  # a head, of the partner's own house
        {"mmc_signatory": people["stella"].ref},
        {"mmc_signatory": people["sven"].ref},
        {"partner_signatory": people["hedda"].ref},
        {"partner_signatory": people["otto"].ref},
    ):
        answer = way.post("cora", "/agreements/new", **way.form(**wrong))
        assert answer.status_code == 400
        assert "Choose somebody of this side who may sign today." in answer.text
        assert 'value="Memorandum"' in answer.text


def test_a_draft_without_signatories_is_not_shared_and_says_what_is_missing(way):
    ref = way.draft(mmc_signatory="", partner_signatory="")
    answer = way.step(ref, "cora", "share")
    assert answer.status_code == 400
    assert "Name who signs for the partner: edit the draft." in answer.text


def test_the_officer_gives_reasons_for_a_body_of_the_united_nations(way):
    ref = way.go(way.draft(), "cora share", "fay accept")
    answer = way.step(ref, "dana", "record", transfer="none", transfer_reason="")
    assert answer.status_code == 400
    assert "Say why the data may travel this way." in answer.text
    missing = way.step(ref, "dana", "record", legal_basis="")
    assert missing.status_code == 400
    assert RECORD["transfer_reason"] in missing.text  # what was typed is still there
    way.go(ref, "dana send_back")
    assert (way.row(ref).state, way.row(ref).text_sha256) == ("draft", "")


def test_an_old_form_is_told_so_and_overwrites_nothing(way):
    ref = way.draft()
    lock = way.row(ref).lock
    assert way.save(ref, lock=lock, title_en="First").status_code == 303
    assert way.save(ref, who="cleo", lock=lock, title_en="Second").status_code == 409
    assert way.row(ref).title_en == "First"
    assert way.save(ref, lock=lock, title_en="First").status_code == 303  # the same page, sent twice
    assert len(way.look(SavedText)) == 2


def test_an_edit_that_cannot_be_taken_comes_back_with_what_was_typed(way):
    ref = way.draft()
    answer = way.save(ref, ends_on="2001-01-01", title_en="Kept title")
    assert answer.status_code == 400
    assert 'value="Kept title"' in answer.text
    assert "Edit the draft" in answer.text


def test_an_accepted_text_is_the_one_that_was_seen(way):
    ref = way.go(way.draft(), "cora share")
    seen = way.sha256(ref)
    way.set(ref, download_limit=50)
    assert way.step(ref, "fay", "accept", sha256=seen).status_code == 409


def test_both_sides_comment_and_read_each_other(way):
    ref = way.go(way.draft(), "cora share")
    for who, text in (("fay", "Clause 4 is too wide."), ("cora", "Which part?")):
        assert way.post(who, f"/agreements/{ref}/comment", text=text).status_code == 303
    page = way.get("sven", f"/agreements/{ref}").text
    assert page.index("Clause 4 is too wide.") < page.index("Which part?")
    assert way.post("fay", f"/agreements/{ref}/comment", text=" ").status_code == 400
    assert way.post("anna", f"/agreements/{ref}/comment", text="Hello").status_code == 404


def test_what_changed_is_shown_clause_by_clause_and_word_by_word(way):
    ref = way.draft()
    way.save(
        ref, text_en="The partner may use the data for protection. The partner may not share it.", most_sensitive="2"
    )
    page = way.get("cora", f"/agreements/{ref}/changes?was=1&now=2").text
    assert "<del>research.</del><ins>protection.</ins>" in page
    assert "Sensitive (class 3)" in page
    assert "Some care (class 2)" in page
    assert "Memorandum" not in page
    assert way.get("cora", f"/agreements/{ref}/changes?was=1&now=9").status_code == 404
    assert "Nothing changed" in way.get("cora", f"/agreements/{ref}/changes?was=2&now=2").text


USE = {
    "outputs": ["public_report", "dashboard"],
    "onward_sharing": "named",
    "onward_bodies": "A sister body\nA cluster",
    "matching": "named",
    "retention_days": "45",
    "publication_review_days": "14",
    "ip_ranges": "192.0.2.0/24\n2001:db8::/32",
    "factors": "pwd",
}


def test_a_changed_clause_on_use_is_told_in_words(way):
    ref = way.draft()
    assert way.save(ref, **USE).status_code == 303
    page = way.get("cora", f"/agreements/{ref}/changes?was=1&now=2").text
    lists = ("Dashboard, Public report", "A cluster, A sister body")
    for told in (*lists, "Internal analysis", "To named bodies", "45", "one-time code"):
        assert told in page
    assert set(columns()) - OWN <= set(FIELD)
    for code in ("internal_analysis", "onward_sharing", "ip_ranges"):
        assert code not in page


@pytest.mark.parametrize("use", [{}, USE])
def test_the_form_of_a_draft_holds_what_the_draft_says(way, use):
    ref = way.draft(**use)
    page = way.get("cora", f"/agreements/{ref}/edit").text
    chosen = re.findall(r'<input type="(?:radio|checkbox)"[^>]*? name="(\w+)" value="([^"]*)" checked', page)
    typed = re.findall(r'<input [^>]*?name="(\w+)"[^>]*? value="(\d+)"', page)
    areas = re.findall(r'<textarea [^>]*?name="(\w+)"[^>]*>\n?([^<]*)</textarea>', page)
    sent = way.form(**use)
    for name in USE:
        found = [value for field, value in (*chosen, *typed, *areas) if field == name]
        wanted = sent.get(name, {"factors": "pwd otp", "onward_sharing": "none", "matching": "forbidden"}.get(name))
        if wanted is not None:
            assert found == (wanted if isinstance(wanted, list) else [wanted]), name


def test_a_licence_has_its_own_series_and_name(way):
    ref = way.signed(kind="licence")
    assert way.row(ref).number.startswith("LIC-")
    assert "Licence for one project" in way.get("sven", f"/agreements/{ref}").text
