"""Papers that come with a request: known by their bytes, sealed, read by who decides, asked for by a licence."""

import io
import os
import time

import pytest

from portal import ports
from portal.agreements.models import Agreement
from portal.exports import actions as exports
from portal.requests.models_papers import RequestPaper
from tests.areas.agreements.way import PDF
from tests.areas.requests.scene import World
from tests.core.papers.test_filetype import DOCX, PNG

EICAR_NAMED = b"MZ\x90\0 a program"


@pytest.fixture
def world(app, as_person):
    return World(app, as_person)


def attach(world, ref, who="anna", data=PDF, name="approval.pdf", **more):
    said = {"purpose": "ethics", "note": "Number 2026-114", "csrf_token": world.token(who)} | more
    files = {"file": (io.BytesIO(data), name)} if name else {}
    return world.browser(who).post(f"/requests/{ref}/papers", data=said | files)


def one(world):
    (paper,) = world.look(RequestPaper)
    return paper


def fetch(world, who, paper, ref):
    return world.post(who, f"/requests/{ref}/papers/{paper.ref}/download")


def sealed():
    return sorted(path.name for path in ports.house.config.vault_dir.glob("*"))


def test_a_paper_is_sealed_and_its_requester_reads_it_while_it_is_a_draft(world):
    ref = world.start()
    assert attach(world, ref).headers["Location"] == f"/requests/{ref}/papers"
    paper = one(world)
    assert (paper.kind, paper.scan, paper.size, paper.purpose) == ("pdf", "not_scanned", len(PDF), "ethics")
    (name,) = sealed()
    assert b"Catalog" not in (ports.house.config.vault_dir / name).read_bytes()
    answer = fetch(world, "anna", paper, ref)
    assert (answer.status_code, answer.data, answer.mimetype) == (200, PDF, "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    # Nobody else: it was not sent
    assert {who: fetch(world, who, paper, ref).status_code for who in ("focal", "ben", "wana", "dpo", "carl")} == dict.fromkeys(
        ("focal", "ben", "wana", "dpo", "carl"), 404
    )  # fmt: skip


def test_who_decides_reads_it_from_the_decision_page_and_each_opening_is_logged(world):
    ref = world.start()
    world.fill(ref)
    attach(world, ref)
    world.submit(ref)
    paper = one(world)
    page = world.get("wana", f"/tracks/{world.tracks(ref)['WANA'].ref}").text
    assert "Ethics approval" in page
    assert "Number 2026-114" in page
    assert f"/requests/{ref}/papers/{paper.ref}/download" in page
    for who in ("wana", "esa", "dpo", "focal", "anna"):
        assert fetch(world, who, paper, ref).data == PDF
    # not the rest of the team, nor a manager of the asking organisation, nor another organisation, nor who oversees
    for who in ("ben", "inside", "carl", "coordinator"):
        assert fetch(world, who, paper, ref).status_code in {403, 404}, who
    assert "Number 2026-114" not in world.get("ben", f"/requests/{ref}").text
    assert "Number 2026-114" not in world.get("inside", f"/tracks/{world.tracks(ref)['ESA'].ref}").text
    told = world.events("request.paper.read")
    assert len(told) == 5
    assert {who for _type, _reason, who, _target in told} == {
        world.people[name].ref for name in ("wana", "esa", "dpo", "focal", "anna")
    }
    assert "2026-114" not in str(world.events())


def test_the_officer_reads_it_beside_the_reduced_scope(world):
    ref = world.start()
    world.fill(ref)
    attach(world, ref)
    world.submit(ref)
    for who in ("wana", "esa"):
        world.verdict(who, ref)
    assert "Number 2026-114" in world.get("dpo", f"/requests/{ref}/officer").text


@pytest.mark.parametrize(
    ("data", "name"),
    [(EICAR_NAMED, "approval.pdf"), (b"%PDF-1.7 cut off", "approval.pdf"), (b"", "empty.pdf"), (b"<html>", "a.docx")],
)
def test_a_file_that_is_not_what_it_says_is_refused_in_words(world, data, name):
    ref = world.start()
    answer = attach(world, ref, data=data, name=name)
    assert answer.status_code == 400
    assert "This is not a whole PDF, PNG, JPEG or Word document" in answer.text
    assert 'value="Number 2026-114"' in answer.text  # nothing typed is lost
    assert (world.look(RequestPaper), sealed()) == ([], [])


@pytest.mark.parametrize("data", [DOCX, PNG])
def test_word_documents_and_pictures_are_taken(world, data):
    ref = world.start()
    assert attach(world, ref, data=data, name="whatever").status_code == 303


def test_what_is_missing_or_too_large_is_said_beside_its_field(world, monkeypatch):
    ref = world.start()
    assert "Choose a file." in attach(world, ref, name="").text
    answer = attach(world, ref, purpose="")
    assert answer.status_code == 400
    assert "Choose from the list." in answer.text
    assert attach(world, ref, purpose="manuscript").status_code == 400
    assert attach(world, ref, note="n" * 201).status_code == 400
    monkeypatch.setattr("portal.papers.LIMIT", 40)
    assert "larger than 20 MB" in attach(world, ref).text
    assert (world.look(RequestPaper), sealed()) == ([], [])


def test_the_antivirus_and_a_full_disk_keep_it_out(world, monkeypatch):
    ref = world.start()
    monkeypatch.setattr(ports.house, "scan_upload", lambda _data: "infected")
    answer = attach(world, ref)
    assert answer.status_code == 400
    assert "The antivirus found something" in answer.text
    assert (world.look(RequestPaper), sealed()) == ([], [])


def test_the_same_file_sent_twice_is_there_once(world):
    ref = world.start()
    assert [attach(world, ref).status_code for _ in range(2)] == [303, 303]
    assert len(world.look(RequestPaper)) == len(sealed()) == 1
    assert len(world.events("request.paper.attached")) == 1


def test_there_is_an_end_to_papers(world, monkeypatch):
    monkeypatch.setattr("portal.requests.actions_papers.MOST", 1)
    ref = world.start()
    attach(world, ref)
    answer = attach(world, ref, data=PNG)
    assert answer.status_code == 400
    assert "There are 1 papers already" in answer.text
    assert len(sealed()) == 1


def test_it_is_attached_to_a_draft_in_review_and_when_it_came_back_and_never_after(world):
    ref = world.sent()
    assert attach(world, ref, note="in review").status_code == 303
    world.verdict("wana", ref)
    world.verdict("esa", ref, "ask")
    assert world.request(ref).state == "returned"
    assert attach(world, ref, data=PNG, note="returned").status_code == 303
    world.forget_codes()
    offered = world.offered(variables=("drivers",))
    assert attach(world, offered).status_code == 409
    world.accept(offered)
    assert attach(world, offered).status_code == 409
    over = world.start()
    world.post("anna", f"/requests/{over}/withdraw", lock=world.lock(over))
    assert attach(world, over).status_code == 409
    assert len(world.look(RequestPaper)) == len(sealed()) == 2


@pytest.mark.parametrize(("who", "status"), [("ben", 403), ("focal", 403), ("carl", 404), ("wana", 403), ("dpo", 403)])
def test_only_the_requester_attaches(world, who, status):
    ref = world.sent()
    assert attach(world, ref, who=who).status_code == status
    assert world.look(RequestPaper) == []


def test_a_paper_of_a_draft_is_removed_with_its_bytes_and_twice_is_once(world):
    ref = world.start()
    attach(world, ref)
    paper = one(world)
    place = f"/requests/{ref}/papers/{paper.ref}/remove"
    assert "Remove" in world.get("anna", f"/requests/{ref}/papers").text
    assert [world.post("anna", place).status_code for _ in range(2)] == [303, 303]
    assert sealed() == []
    gone = one(world)
    assert (gone.blob, gone.key_wrapped, gone.note) == ("", b"", "")
    assert fetch(world, "anna", paper, ref).status_code == 404
    assert len(world.events("request.paper.removed")) == 1
    # It may be attached anew
    assert attach(world, ref).status_code == 303
    assert "Number 2026-114" in world.get("anna", f"/requests/{ref}/papers").text


def test_what_was_sent_stays_and_another_s_paper_is_not_there(world):
    ref, other = world.sent(), world.start()
    attach(world, ref)
    paper = one(world)
    assert world.post("anna", f"/requests/{ref}/papers/{paper.ref}/remove").status_code == 409
    assert world.post("anna", f"/requests/{other}/papers/{paper.ref}/remove").status_code == 404
    assert fetch(world, "anna", paper, other).status_code == 404
    assert world.post("carl", f"/requests/{ref}/papers/{paper.ref}/remove").status_code == 404
    assert len(sealed()) == 1


def licence(world):
    world.agreement(kind="licence")


def test_under_a_licence_nothing_is_sent_without_an_ethics_approval(world):
    licence(world)
    ref = world.start()
    world.fill(ref)
    assert "Attach the ethics approval first" in world.get("anna", f"/requests/{ref}/edit/review").text
    answer = world.submit(ref)
    assert answer.status_code == 400
    assert "Attach the ethics approval first: a licence for one project asks for it." in answer.text
    assert 'href="#f-papers"' in answer.text
    assert world.request(ref).status == "draft"
    # Another paper is none
    attach(world, ref, data=DOCX, purpose="protocol")
    assert world.submit(ref).status_code == 400
    # A removed one is none
    attach(world, ref)
    (paper,) = world.look(RequestPaper, RequestPaper.purpose == "ethics")
    world.post("anna", f"/requests/{ref}/papers/{paper.ref}/remove")
    assert world.submit(ref).status_code == 400
    attach(world, ref)
    assert "Attach the ethics approval first" not in world.get("anna", f"/requests/{ref}/edit/review").text
    assert world.submit(ref).status_code == 303


def test_a_part_that_was_split_off_keeps_its_papers(world):
    licence(world)
    ref = world.start()
    world.fill(ref, variables=("drivers",))
    attach(world, ref)
    world.submit(ref)
    world.verdict("wana", ref)
    assert world.post("anna", f"/requests/{ref}/split", lock=world.lock(ref)).status_code == 303
    (child,) = [one for one in world.look(type(world.request(ref))) if one.split_from_id]
    track = world.tracks(child.ref)["ESA"].ref
    assert "Number 2026-114" in world.get("esa", f"/tracks/{track}").text
    assert fetch(world, "esa", one(world), ref).status_code == 200
    # and asked something, it can be sent again
    assert world.verdict("esa", child.ref, "ask").status_code == 303
    assert world.post("anna", f"/requests/{child.ref}/answer", lock=world.lock(child.ref)).status_code == 303


def test_a_memorandum_asks_for_no_paper(world):
    assert world.look(Agreement)[0].kind == "mou"
    assert world.request(world.sent()).status == "in_review"


def test_the_sweep_leaves_papers_alone(world):
    attach(world, world.start())
    (path,) = ports.house.config.vault_dir.glob("*")
    os.utime(path, (time.time() - 10_000,) * 2)
    with world.app.app_context():
        exports.sweep()
    assert path.exists()
