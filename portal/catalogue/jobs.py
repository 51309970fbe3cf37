"""Reading an uploaded file: the stages of the job kind ``read``. The rows exist in memory and in the vault only."""

import json
from typing import Any

from sqlalchemy import select

from portal import ports
from portal.actor import system
from portal.audit.recorder import record
from portal.catalogue import incidents, intake, queries, rows
from portal.catalogue.actions import READ
from portal.catalogue.codebooks import book_of
from portal.catalogue.intake_report import IntakeReport
from portal.catalogue.models import Variable, Version
from portal.db import session, transaction
from portal.errors import NotFound
from portal.jobs import claim
from portal.jobs.registry import Held, Kind, Stage
from portal.keys import Mac
from portal.vault import open_

WORKER = system("worker")


def find(ref: str) -> Version:
    """Return the version with this reference."""
    version = session().scalar(select(Version).where(Version.ref == ref))
    if version is None:
        raise NotFound("version: no such one")
    return version


def _open(held: Held) -> None:
    with transaction():
        version = find(held.target_ref)
        held.memo.update(
            dek=rows.data_key(version),
            book=book_of(version),
            kind=version.dataset.kind,
            code=version.dataset.code,
            blob=version.original_blob,
            name=version.file_name,
            remembered=queries.remembered_roles(version.dataset_id),
        )
    context = f"version:{held.target_ref}:original".encode()
    held.memo["bytes"] = b"".join(open_(ports.house.store, held.memo["blob"], held.memo["dek"], context))


def _check(held: Held) -> None:
    memo = held.memo
    code = memo["code"]

    def mac(message: bytes) -> bytes:
        return ports.house.keys.mac(Mac.INTERVIEW_ID, code.encode() + b"\0" + message)

    if memo["kind"] == "events":
        read = incidents.read_incidents(memo.pop("bytes"), name=memo["name"])
        frame = intake.assign_ids(read.frame, read.uuids, mac) if read.report.ok else read.frame
    else:
        read = intake.read_survey(memo.pop("bytes"), memo["book"], name=memo["name"], mac=mac)
        frame = read.frame
    memo["report"], memo["frame"] = read.report, frame


def _seal(held: Held) -> None:
    if held.memo["report"].ok:
        held.memo["frame_blob"] = rows.save(held.memo["frame"], held.memo["dek"], held.target_ref)


def _publish(held: Held) -> None:
    memo = held.memo
    report: IntakeReport = memo["report"]
    frame, status = memo["frame"], "checked" if report.ok else "refused"
    with transaction():
        version = find(held.target_ref)
        values: dict[str, Any] = {"report": json.loads(report.to_json()), "rows": len(frame), "columns": report.columns}
        if report.ok:
            synthetic = "form_version" in frame and bool(frame["form_version"].str.startswith("synthetic").any())
            values |= {"frame_blob": memo["frame_blob"], "synthetic": synthetic}
            _describe(version, memo)
        claim.advance(version, status, **values)
        event = "dataset.version.added" if report.ok else "dataset.version.refused"
        record(
            WORKER,
            event,
            target=("version", version.ref),
            data={"dataset": memo["code"], "rows": len(frame), "columns_n": report.columns},
        )
        claim.finish(held)


def _describe(version: Version, memo: dict[str, Any]) -> None:
    frame, book = memo["frame"], memo["book"]
    for position, name in enumerate(str(column) for column in frame.columns):
        known = book.variables.get(name)
        if known is None:
            continue
        session().add(
            Variable(
                version_id=version.id,
                position=position,
                name=name,
                label_en=known.label_en,
                label_fr=known.label_fr,
                section=known.section,
                type=known.type,
                choices=known.choices,
                proposed_role=memo["remembered"].get(name, known.role),
                sensitivity=known.sensitivity,
                universe=known.universe,
                instrument_versions=" ".join(known.versions),
            )
        )


def _failed(held: Held, error: BaseException, for_good: bool) -> None:  # noqa: FBT001 -- the registry's signature
    version = find(held.target_ref)
    if for_good and version.status == "received":
        version.status = "refused"
        version.report = {"findings": [], "failed": type(error).__name__}
    event = "dataset.version.refused" if for_good else "work.retried"
    record(WORKER, event, target=("version", version.ref), reason=type(error).__name__)


READING = Kind(
    READ,
    (Stage("open", _open), Stage("check", _check), Stage("seal", _seal), Stage("publish", _publish)),
    _failed,
)
