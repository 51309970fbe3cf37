"""A round comes in: sealed as it arrives, read by a job, reported on, and lost by no fault of whoever sends it."""

import io

import pytest
from sqlalchemy import select

from portal.catalogue.models import Version
from portal.db import session, transaction
from portal.errors import StorageFull
from tests.areas.auth.pages import events
from tests.areas.catalogue import rounds
from tests.core.catalogue.a_survey import a_file, an_interview


def versions(app):
    with app.app_context(), transaction():
        return list(session().scalars(select(Version).order_by(Version.id)))


def findings(app, ref):
    return {row["code"] for row in rounds.version_of(app, ref).report["findings"]}


def test_a_steward_loads_a_round_and_reads_the_report(app, scene, steward):
    ref = rounds.loaded(steward, scene["survey"], rounds.ona(), "4mi_round_1.csv")
    page = steward.get(f"/catalogue/versions/{ref}")
    assert page.status_code == 200
    assert "4mi_round_1.csv" in page.text
    assert "Check" in page.text or "check" in page.text
    rounds.work_off(app)
    version = rounds.version_of(app, ref)
    assert (version.status, version.number, version.synthetic) == ("checked", 1, True)
    assert version.rows >= 300
    text = steward.get(f"/catalogue/versions/{ref}").text
    assert "Validation report" in text
    assert f"{version.rows:,}" in text
    assert version.original_sha256 in text
    found = findings(app, ref)
    assert {
        "label_row_found",
        "system_columns",
        "duplicate_rows",
        "out_of_range",
        "formula_like",
        "consent_scopes",
    } <= found
    assert [name for name, *_ in events(app, "dataset.version.uploaded", "dataset.version.added")] == [
        "dataset.version.uploaded",
        "dataset.version.added",
    ]


def test_no_value_of_a_row_is_repeated_in_the_report_or_the_log(app, scene, steward):
    from portal.audit.models import AuditEvent

    ref = rounds.loaded(steward, scene["survey"], rounds.ona())
    rounds.work_off(app)
    page = steward.get(f"/catalogue/versions/{ref}").text
    with app.app_context(), transaction():
        log = b"".join(session().scalars(select(AuditEvent.body)))
    for canary in rounds.canaries():
        assert canary not in page
        assert canary.encode() not in log


def test_interview_ids_are_stable_between_rounds_and_tell_nothing(app, scene, steward):
    from portal.catalogue import rows

    first = rounds.loaded(steward, scene["survey"], rounds.ona())
    second = rounds.loaded(steward, scene["survey"], rounds.ona())
    rounds.work_off(app)
    with app.app_context():
        frames = [rows.load(rounds.version_of(app, ref)) for ref in (first, second)]
    ids = [set(frame["interview_id"]) for frame in frames]
    assert ids[0] == ids[1]
    assert len(ids[0]) == rounds.survey().frame["_uuid"].nunique()
    assert not ids[0] & set(rounds.survey().frame["_uuid"])


def test_what_rests_in_the_vault_is_ciphertext(app, scene, steward, settings):
    rounds.loaded(steward, scene["survey"], rounds.ona())
    rounds.work_off(app)
    files = list(settings.vault_dir.iterdir())
    assert len(files) == 2
    for file in files:
        data = file.read_bytes()
        assert data.startswith(b"4Mi vault 1\n")
        assert file.stat().st_mode & 0o777 == 0o600
        assert not [one for one in rounds.canaries() if one.encode() in data]


def test_the_page_that_watches_tells_the_stages_then_reloads(app, scene, steward):
    ref = rounds.loaded(steward, scene["survey"], a_file())
    part = steward.get(f"/catalogue/versions/{ref}/progress")
    assert "Open the sealed file" in part.text
    assert "HX-Refresh" not in part.headers
    rounds.work_off(app)
    assert steward.get(f"/catalogue/versions/{ref}/progress").headers["HX-Refresh"] == "true"


def test_an_incident_table_is_read_as_events(app, scene, steward):
    from portal.catalogue.synthetic_events import incidents_csv

    ref = rounds.loaded(steward, scene["incidents"], incidents_csv(rounds.survey(1000)))
    rounds.work_off(app)
    version = rounds.version_of(app, ref)
    assert version.status == "checked", version.report
    assert version.rows > 0


WITH_ACCENTS = [
    an_interview(quote="Ici l'été est très long", _uuid=f"{n:08}-1111-4111-8111-111111111111") for n in range(3)
]
ODD = {
    "a semicolon for a comma": (a_file(delimiter=";"), "checked", "delimiter"),
    "a wrong delimiter": (a_file(delimiter="|"), "refused", "unsupported_delimiter"),
    "a delimiter nobody uses": (a_file(delimiter="_"), "refused", "wrong_delimiter"),
    "a byte-order mark": (a_file(encoding="utf-8-sig"), "checked", "byte_order_mark"),
    "Latin-1 bytes": (a_file(*WITH_ACCENTS, encoding="latin-1"), "checked", "encoding_assumed"),
    "a missing label row": (a_file(label_row=False), "checked", "label_row_missing"),
    "duplicate columns": (
        a_file(header=["_uuid", "interview_date", "gender", "gender", "instrument_version"]),
        "refused",
        "duplicate_columns",
    ),
    "a workbook": (b"PK\x03\x04" + bytes(500), "refused", "not_text"),
    "bytes that are no text": (b"_uuid,gender\n\x00\x01\x02", "refused", "nul_bytes"),
    "a header alone": (b"_uuid,gender,interview_date\n", "refused", "no_rows"),
    "rows of another width": (a_file() + b"one,two,three\r\n", "refused", "ragged_rows"),
}


@pytest.mark.parametrize("what", ODD)
def test_an_odd_file_is_reported_in_a_sentence_and_guessed_at_by_nobody(app, scene, steward, what):
    data, status, code = ODD[what]
    ref = rounds.loaded(steward, scene["survey"], data)
    rounds.work_off(app)
    version = rounds.version_of(app, ref)
    assert version.status == status, version.report
    assert code in findings(app, ref)
    text = steward.get(f"/catalogue/versions/{ref}").text
    assert ("This file cannot be published" in text) == (status == "refused")
    if status == "refused":
        assert "Load the mended file" in text
        assert not version.frame_blob
        assert [name for name, *_ in events(app, "dataset.version.refused")] == ["dataset.version.refused"]


def test_the_report_is_told_in_the_readers_language(app, scene, as_person):
    from portal.actor import Role
    from tests import factories

    with app.app_context(), factories.given():
        reader = factories.a_person(roles=[Role.STEWARD], language="fr")
    browser = as_person(reader)
    ref = rounds.loaded(browser, scene["survey"], a_file(delimiter="|"))
    rounds.work_off(app)
    french = browser.get(f"/catalogue/versions/{ref}").text
    assert 'lang="fr"' in french
    assert "save the file with commas" not in french


def test_a_formula_in_a_cell_is_data_and_nothing_else(app, scene, steward):
    formula = '=HYPERLINK("http://evil.example","<img src=x>")'
    data = a_file(an_interview(quote=formula), an_interview(_uuid="22222222-1111-4111-8111-111111111111"))
    ref = rounds.loaded(steward, scene["survey"], data, '=cmd|"calc"!A1.csv')
    rounds.work_off(app)
    assert rounds.version_of(app, ref).status == "checked"
    assert "formula_like" in findings(app, ref)
    assert "HYPERLINK" not in steward.get(f"/catalogue/versions/{ref}").text
    ref = rounds.loaded(steward, scene["survey"], a_file(an_interview(gender=formula)))
    rounds.work_off(app)
    assert "many_unknown_codes" in findings(app, ref)
    assert "<img src=x>" not in steward.get(f"/catalogue/versions/{ref}").text


@pytest.mark.parametrize(
    ("given", "kept"),
    [("../../x", "x"), ("/etc/passwd", "passwd"), ("<b>x</b>.csv", "b.csv"), ("..", "upload.csv")],
)
def test_a_name_is_a_label_and_never_a_path(app, scene, steward, settings, given, kept):
    before = {path for path in settings.instance.parent.rglob("*") if settings.vault_dir not in path.parents}
    ref = rounds.loaded(steward, scene["survey"], a_file(), given)
    assert rounds.version_of(app, ref).file_name == kept
    assert "<b>" not in steward.get(f"/catalogue/versions/{ref}").text
    after = {path for path in settings.instance.parent.rglob("*") if settings.vault_dir not in path.parents}
    assert {path.name for path in after - before} <= {"vault", "portal.sqlite3-wal", "portal.sqlite3-shm"}


class Endless(io.RawIOBase):
    """A body that says how large it is and must never be read."""

    def __init__(self, size):
        self._size, self._at = size, 0

    def seekable(self):
        return True

    def tell(self):
        return self._at

    def seek(self, offset, whence=io.SEEK_SET):
        self._at = offset + (self._size if whence == io.SEEK_END else 0)
        return self._at

    def readinto(self, _buffer):
        raise AssertionError("the body was read")


def test_a_round_without_a_dataset_is_told_to_choose_one(app, steward):
    answer = rounds.upload(steward, "", a_file())
    assert answer.status_code == 400
    assert "Dataset: Choose the dataset." in answer.text
    assert versions(app) == []


def test_an_empty_form_is_told_everything_at_once(app, steward):
    answer = rounds.send(steward, "/catalogue/upload", {"csrf_token": rounds.token(steward)})
    assert answer.status_code == 400
    assert "Dataset: Choose the dataset." in answer.text
    assert "File: Choose the CSV file that was exported." in answer.text
    assert versions(app) == []


def test_ten_declared_gigabytes_are_refused_before_a_byte_is_read(app, scene, steward, settings):
    form_token = rounds.token(steward)
    answer = steward.open(
        "/catalogue/upload",
        method="POST",
        input_stream=Endless(10 * 1024**3),
        headers={"X-CSRFToken": form_token},
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "larger than the portal takes" in answer.text
    assert versions(app) == []
    assert list(settings.vault_dir.iterdir()) == []


KEPT = {"source_note_en": "Round of March, from the field office", "source_note_fr": "Passage de mars"}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"file": (io.BytesIO(b""), "")}, "Choose the CSV file"),
        ({"file": (io.BytesIO(b""), "empty.csv")}, "empty"),
        ({"codebook": (io.BytesIO(b"\xff\xfe\xff"), "codebook.csv")}, "not UTF-8"),
        ({"codebook": (io.BytesIO(b"x" * (8 * 1024 * 1024 + 1)), "codebook.csv")}, "8 MB"),
        ({"codebook": (io.BytesIO(b"a,b\n1,2\n"), "codebook.csv")}, ""),
        ({"dataset": "nonsense"}, ""),
        ({"surprise": "field"}, "does not know this field"),
    ],
)
def test_a_form_that_cannot_be_taken_says_why_and_keeps_what_was_typed(app, scene, steward, settings, change, sentence):
    fields = {
        "csrf_token": rounds.token(steward),
        "dataset": scene["survey"],
        "file": (io.BytesIO(a_file()), "round.csv"),
        **KEPT,
        **change,
    }
    answer = rounds.send(steward, "/catalogue/upload", fields)
    assert answer.status_code == 400
    assert 'class="error-summary"' in answer.text
    assert sentence in answer.text
    for words in KEPT.values():
        assert words in answer.text
    if "dataset" not in change:
        assert f'value="{scene["survey"]}" selected' in answer.text
    assert versions(app) == []
    assert list(settings.vault_dir.iterdir()) == []


def test_without_room_the_form_is_kept_and_nothing_partial_rests(app, scene, steward, settings, house, monkeypatch):
    taken = []

    def full(_name, chunks):
        taken.append(sum(len(chunk) for chunk in chunks))
        raise StorageFull("storage: no room left")

    monkeypatch.setattr(house.store, "put", full)
    answer = rounds.upload(steward, scene["survey"], a_file(), **KEPT)
    assert answer.status_code == 507
    assert taken
    assert "no room left" in answer.text
    for words in KEPT.values():
        assert words in answer.text
    assert f'value="{scene["survey"]}" selected' in answer.text
    assert versions(app) == []
    monkeypatch.undo()
    assert rounds.upload(steward, scene["survey"], a_file(), **KEPT).status_code == 303


def test_a_disk_that_is_full_is_no_room(app, scene, steward, settings, monkeypatch):
    import errno

    from portal import storage

    def write(path, chunks):
        path.write_bytes(next(iter(chunks)))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage, "_write", write)
    assert rounds.upload(steward, scene["survey"], a_file()).status_code == 507
    assert list(settings.vault_dir.iterdir()) == []
    assert versions(app) == []


@pytest.mark.parametrize("who", ["dpo", "manager", "partner"])
def test_only_those_who_prepare_data_may_load_it(app, scene, as_person, steward, who):
    other = as_person(scene[who])
    assert other.get("/catalogue/upload").status_code == 403
    fields = {
        "csrf_token": rounds.token(other, "/privacy") if rounds.TOKEN.search(other.get("/privacy").text) else "",
        "dataset": scene["survey"],
    }
    assert other.post("/catalogue/upload", data=fields).status_code in {400, 403}
    assert versions(app) == []


def test_a_job_that_fails_is_tried_again_and_then_says_so(app, scene, steward, monkeypatch):
    from portal.catalogue import jobs
    from portal.jobs import bell
    from portal.jobs.models import Work

    ref = rounds.loaded(steward, scene["survey"], a_file())

    def broken(*_a, **_k):
        raise ValueError("a cell's value")

    monkeypatch.setattr(jobs.intake, "read_survey", broken)
    for _ in range(3):
        with app.app_context():
            with transaction():
                session().scalars(select(Work)).one().due_at = rounds.clock_now()
            with pytest.raises(RuntimeError, match="read: ValueError") as caught:
                bell.wake()
        assert "a cell's value" not in str(caught.value)
        assert caught.value.__cause__ is None
    version = rounds.version_of(app, ref)
    assert (version.status, version.report["failed"]) == ("refused", "ValueError")
    names = [name for name, *_ in events(app, "work.retried", "dataset.version.refused")]
    assert names == ["work.retried", "work.retried", "dataset.version.refused"]
    assert steward.get(f"/catalogue/versions/{ref}").status_code == 200
