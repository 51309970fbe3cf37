"""The document of an agreement: known by its bytes, sealed, handed to parties and staff, confirmed if signed on paper."""

import os
import socket
import struct
import threading
import time

import pytest

from portal import ports, scanning
from portal.agreements.models_signing import Document
from portal.errors import ScanFailed
from portal.exports import actions as exports
from tests.areas.agreements.way import PDF, RECORD
from tests.core.papers.test_filetype import DOCX


def blobs(way):
    return sorted(path.name for path in ports.house.config.vault_dir.glob("*"))


def test_a_document_is_sealed_and_parties_and_staff_fetch_the_same_bytes(way):
    ref = way.go(way.draft(), "cora share")
    assert way.attach(ref).status_code == 303
    (document,) = way.look(Document)
    assert (document.kind, document.scan, document.size) == ("pdf", "not_scanned", len(PDF))
    (path,) = list(ports.house.config.vault_dir.glob("*"))
    assert b"Catalog" not in path.read_bytes()
    address = f"/agreements/{ref}/documents/{document.ref}/download"
    for who in ("fay", "sven", "stella"):
        answer = way.post(who, address)
        assert (answer.status_code, answer.data) == (200, PDF)
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert {who: way.post(who, address).status_code for who in ("anna", "otto", "ada")} == {
        "anna": 404, "otto": 404, "ada": 403,
    }  # fmt: skip
    assert len(way.events("agreement.document.downloaded")) == 3
    other = way.draft()
    assert way.post("cora", f"/agreements/{other}/documents/{document.ref}/download").status_code == 404


@pytest.mark.parametrize(
    ("data", "name"),
    [(b"MZ\x90\0 a program", "agreement.pdf"), (b"%PDF-1.7 cut off", "agreement.pdf"), (b"", "empty.pdf")],
)
def test_a_pdf_that_is_none_is_refused_in_words_and_nothing_typed_is_lost(way, data, name):
    ref = way.draft()
    answer = way.attach(ref, data=data, name=name)
    assert answer.status_code == 400
    assert "This is not a whole PDF, PNG or JPEG, whatever it is called." in answer.text
    assert 'value="Page 3 is the annex"' in answer.text
    assert way.look(Document) == []
    assert blobs(way) == []


def test_a_file_has_to_be_chosen_and_may_not_be_huge(way, monkeypatch):
    ref = way.draft()
    assert "Choose a file." in way.attach(ref, name="").text
    monkeypatch.setattr("portal.papers.LIMIT", 40)
    answer = way.attach(ref)
    assert answer.status_code == 400
    assert "larger than 20 MB" in answer.text


def test_drafts_take_word_documents_and_signed_ones_do_not(way):
    ref = way.draft()
    assert way.attach(ref, data=DOCX, purpose="draft").status_code == 303
    assert way.attach(ref, data=DOCX).status_code == 400


@pytest.mark.parametrize("who", ["fay", "stella", "hal", "otto"])
def test_only_makers_attach(way, who):
    ref = way.go(way.draft(), "cora share")
    assert way.attach(ref, who=who).status_code in {403, 404}
    assert way.look(Document) == []


def test_the_sweep_leaves_documents_alone(way):
    ref = way.draft()
    way.attach(ref)
    (path,) = list(ports.house.config.vault_dir.glob("*"))
    stray = path.with_name("f" * len(path.name))
    stray.write_bytes(b"left over")
    old = time.time() - 10_000
    for one in (path, stray):
        os.utime(one, (old, old))
    with way.app.app_context():
        exports.sweep()
    assert path.exists()


def test_what_was_signed_on_paper_is_entered_by_one_office_and_confirmed_by_another(way):
    ref = way.draft(who="dino")
    assert way.step(ref, "dana", "adopt").status_code == 400  # nothing is attached yet
    way.attach(ref, who="cora")
    assert way.letters("agreement_paper") == way.addresses("dana", "dino")
    assert way.step(ref, "dino", "adopt").status_code == 403  # who drafted it
    assert way.step(ref, "hedda", "adopt").status_code == 403  # no data protection officer
    assert "Confirm the paper" in way.get("dana", f"/agreements/{ref}").text
    assert way.step(ref, "dana", "adopt", legal_basis="").status_code == 400
    way.go(ref, "dana adopt")
    row = way.row(ref)
    assert (row.state, row.text_sha256) == ("active", way.sha256(ref))
    assert way.verbs(ref) == ["create", "adopt", "begin"]
    assert RECORD["transfer_reason"] in way.get("cora", f"/agreements/{ref}").text


# ---- the antivirus ----


class Clamd(threading.Thread):
    """A server that speaks clamd's INSTREAM: reads length-prefixed pieces to the 0, then answers once."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.answer, self.data, self.command = answer, b"", b""
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.start()

    def run(self):
        with self.socket:
            connection, _ = self.socket.accept()
        with connection, connection.makefile("rb") as stream:
            self.command = stream.read(10)
            while size := struct.unpack("!I", stream.read(4))[0]:
                self.data += stream.read(size)
            connection.sendall(self.answer)


def test_a_configured_antivirus_sees_every_byte_and_its_verdict_is_kept(way, monkeypatch):
    server = Clamd(b"stream: OK\0")
    monkeypatch.setattr(ports.house, "scan_upload", scanning.by_clamd(server.address))
    assert way.attach(way.draft()).status_code == 303
    assert (server.command, server.data) == (b"zINSTREAM\0", PDF)
    assert way.look(Document)[0].scan == "clean"


def test_what_the_antivirus_finds_is_not_stored(way, monkeypatch):
    monkeypatch.setattr(ports.house, "scan_upload", scanning.by_clamd(Clamd(b"stream: Eicar FOUND\0").address))
    answer = way.attach(way.draft())
    assert answer.status_code == 400
    assert "The antivirus found something in this file." in answer.text
    assert (way.look(Document), blobs(way)) == ([], [])


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b""])
def test_an_antivirus_without_a_verdict_lets_nothing_in(answer):
    with pytest.raises(ScanFailed):
        scanning.by_clamd(Clamd(answer).address)(b"x" * 200_000)


def test_an_antivirus_that_is_away_lets_nothing_in(way, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"127.0.0.1:{gone.getsockname()[1]}"
    monkeypatch.setattr(ports.house, "scan_upload", scanning.by_clamd(address))
    assert way.attach(way.draft()).status_code == 503
    assert way.look(Document) == []
