"""`flask catalogue import`: the same door for whoever has a shell."""

import pytest
from sqlalchemy import select

from portal.catalogue.models import Version
from portal.db import session, transaction
from tests.areas.auth.pages import events
from tests.areas.catalogue import rounds
from tests.core.catalogue.a_survey import a_file


@pytest.fixture
def run(app):
    return lambda *words: app.test_cli_runner().invoke(args=["catalogue", *map(str, words)])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "round 1.csv"
    path.write_bytes(rounds.ona())
    return path


def versions(app):
    with app.app_context(), transaction():
        return list(session().scalars(select(Version)))


def test_a_file_is_read_at_once_and_its_report_printed(app, scene, run, file):
    answer = run("import", "4mi-core", file)
    assert answer.exit_code == 0, answer.output
    (version,) = versions(app)
    assert (version.status, version.file_name) == ("checked", "round 1.csv")
    assert f"version 1: checked, {version.rows:,} rows" in answer.output
    assert "warning" in answer.output
    assert "one of each will count" in answer.output
    assert [who for _, _, who, _ in events(app, "dataset.version.uploaded")] == ["system:cli"]


def test_it_confirms_and_publishes_when_told_to(app, scene, run, file):
    answer = run("import", "4mi-core", file, "--publish")
    assert answer.exit_code == 0, answer.output
    assert "Published" in answer.output
    assert versions(app)[0].status == "published"
    assert len(events(app, "file.queued")) == 3


def test_a_file_that_is_refused_is_not_published(app, scene, run, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(a_file(delimiter="|"))
    answer = run("import", "4mi-core", bad, "--publish")
    assert "save the file with commas" in answer.output
    assert "Published" not in answer.output
    assert versions(app)[0].status == "refused"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["import", "nowhere", "FILE"], "no such dataset"),
        (["import", "4mi-core", "EMPTY"], "empty"),
        (["import", "4mi-core", "FILE", "--codebook", "EMPTY"], ""),
        (["import", "4mi-core", "/nonexistent.csv"], "does not exist"),
    ],
)
def test_what_it_cannot_take_it_says_in_a_sentence_and_keeps_nothing(app, scene, run, file, tmp_path, words, sentence):
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    answer = run(*({"FILE": file, "EMPTY": empty}.get(word, word) for word in words))
    if words[-1] != "EMPTY" or words[-2] != "--codebook":
        assert answer.exit_code != 0
        assert versions(app) == []
    assert sentence in answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit)


def test_its_list_names_datasets_and_versions(app, scene, run, file):
    run("import", "4mi-core", file)
    output = run("list").output
    assert "4mi-core" in output
    assert "version 1  checked" in output


def test_when_the_reading_fails_it_says_so_without_a_value(app, scene, run, file, monkeypatch):
    from portal.catalogue import jobs

    def broken(*_args, **_more):
        raise ValueError("Fatoumata, 17, Agadez")

    monkeypatch.setattr(jobs.intake, "read_survey", broken)
    answer = run("import", "4mi-core", file)
    assert answer.exit_code == 1
    assert "The work failed (read: ValueError)" in answer.output
    assert "Fatoumata" not in answer.output


def test_what_happens_after_the_reading_is_not_told_as_part_of_it(app, scene, run, file):
    import json

    from portal.audit.models import AuditEvent

    run("import", "4mi-core", file, "--publish")
    with app.app_context(), transaction():
        told = [json.loads(body) for body in session().scalars(select(AuditEvent.body))]
    jobs = {body["type"]: body.get("context", {}).get("job_id", "") for body in told}
    assert jobs["dataset.version.added"] == "1.1"
    assert jobs["dataset.version.published"] == ""
