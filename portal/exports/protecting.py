"""Building a protected file: the stages of the job kind ``protect``.

A tier that derives from a finer one starts from that one's protected file, never from the source. A later version of
a tier is made beside all its files that were shared or may yet be: nobody who holds several learns more than from one.
"""

import json
from collections.abc import Sequence

import pandas as pd
from sqlalchemy import select

from portal import clock, ports
from portal.actor import system
from portal.audit.canonical import Json
from portal.audit.recorder import record
from portal.catalogue import rows
from portal.catalogue.codebook import Codebook
from portal.catalogue.codebooks import book_of
from portal.catalogue.models import Dataset, Variable, Version
from portal.db import session, transaction
from portal.disclosure.rounds import Earlier
from portal.disclosure.ruleset import RuleSet
from portal.errors import NotFound, Stale, Withheld
from portal.exports import ledgers, menu, proving
from portal.exports.models import ProtectedFile
from portal.jobs import bell, claim
from portal.jobs.registry import Held, Kind, Stage
from portal.keys import Mac, Wrapping
from portal.rulesets import queries as rulesets
from portal.vault import new_name, open_, seal

KIND = "protect"
TIERS = {"interviews": ("partner", "licensed", "table"), "events": ("event",)}
WORKER = system("worker")


def order(version: Version) -> None:
    """Write down that a published version's protected files are wanted, and start with the finest."""
    for tier in TIERS[version.dataset.kind]:
        rules = rulesets.current(tier)
        file = ProtectedFile(
            version_id=version.id,
            tier=tier,
            rule_set=json.loads(rules.to_json()),
            rule_set_name=rules.name,
            rule_set_version=rules.version,
        )
        session().add(file)
        session().flush()
        data: dict[str, Json] = {"dataset": version.dataset.code, "version": version.number}
        record(WORKER, "file.queued", target=("file", file.ref), data=data, change={"tier": ("", tier)})
        if rules.derived_from is None:
            bell.ask(KIND, file.ref)


def find(ref: str) -> ProtectedFile:
    """Return the protected file with this reference."""
    file = session().scalar(select(ProtectedFile).where(ProtectedFile.ref == ref))
    if file is None:
        raise NotFound("protected file: no such one")
    return file


def context_of(file_ref: str) -> bytes:
    """What a protected file's seal is bound to."""
    return f"protected:{file_ref}".encode()


def frame_of(file: ProtectedFile) -> pd.DataFrame:
    """Open a protected file's frame."""
    if file.key_wrapped is None:
        raise NotFound("protected file: not built yet")
    dek = ports.house.keys.unwrap(file.key_id, file.key_wrapped, context_of(file.ref))
    return rows.unpack(b"".join(open_(ports.house.store, file.blob, dek, context_of(file.ref))))


def source_of(file: ProtectedFile) -> ProtectedFile | Version:
    """Return what a protected file is made from: the finer tier's file, or the version itself."""
    finer = RuleSet.from_json(json.dumps(file.rule_set)).derived_from
    if finer is None:
        return file.version
    query = select(ProtectedFile).where(ProtectedFile.version_id == file.version_id, ProtectedFile.tier == finer)
    return session().scalars(query).one()


def open_source(source: ProtectedFile | Version) -> pd.DataFrame:
    """Open the frame of :func:`source_of`'s answer; outside any transaction."""
    return rows.load(source) if isinstance(source, Version) else frame_of(source)


def earlier(file: ProtectedFile) -> list[ProtectedFile]:
    """Return the tier's other files that were signed off, or are built and may be, in the order they were built.

    One that nobody has signed yet counts: signed after this one, it would be as well known. So does one that is held
    while a coarser tier made from it counts: whoever holds that one holds what it was made from, coarsened.
    """
    if not file.rule_set["keys"]:
        return []
    query = (
        select(ProtectedFile)
        .join(ProtectedFile.version)
        .where(Version.dataset_id == file.version.dataset_id, ProtectedFile.blob != "")
        .order_by(ProtectedFile.built_at, ProtectedFile.id)
    )
    built = list(session().scalars(query))
    known = {(one.version_id, one.tier) for one in built if one.status in {"proposed", "signed"} or one.review_by}
    known |= {(one.version_id, one.rule_set["derived_from"]) for one in built if (one.version_id, one.tier) in known}
    return [one for one in built if one.tier == file.tier and one is not file and (one.version_id, one.tier) in known]


def rounds_of(files: Sequence[tuple[ProtectedFile, int]], dataset: str) -> proving.Rounds:
    """Open the files, each with its version's number, that a new one is made beside; outside any transaction."""
    made = [Earlier(frame_of(one), RuleSet.from_json(json.dumps(one.rule_set)), number) for one, number in files]
    return proving.Rounds(made, ports.house.keys.mac(Mac.ROW_ORDER, f"rounds:{dataset}".encode()))


def _read(held: Held) -> None:
    with transaction():
        file = find(held.target_ref)
        version = file.version
        held.memo.update(
            rules=RuleSet.from_json(json.dumps(file.rule_set)),
            book=book_of(version),
            roles={one.name: (one.role, one.sensitivity) for one in _variables(version.id)},
            tier=file.tier,
            coarser=_coarser(file),
            version_id=version.id,
            code=version.dataset.code,
        )
        claim.advance(file, "building")
        record(WORKER, "file.started", target=("file", file.ref), change={"attempt": (held.attempt - 1, held.attempt)})
        source, others = source_of(file), [(one, one.version.number) for one in earlier(file)]
    held.memo.update(beside=[one.ref for one, _ in others], rounds=rounds_of(others, held.memo["code"]))
    held.memo["source"] = open_source(source)


def _coarser(file: ProtectedFile) -> list[RuleSet]:
    """Return the rule sets of the tiers of the same version that start from this file."""
    query = select(ProtectedFile).where(ProtectedFile.version_id == file.version_id)
    found = [RuleSet.from_json(json.dumps(one.rule_set)) for one in session().scalars(query)]
    return [rules for rules in found if rules.derived_from == file.tier]


def _variables(version_id: int) -> list[Variable]:
    return list(session().scalars(select(Variable).where(Variable.version_id == version_id)))


def _protect(held: Held) -> None:
    rules = proving.confirmed(held.memo["rules"], {name: role for name, (role, _) in held.memo["roles"].items()})
    memo = held.memo
    plan, outcome = proving.protect(memo["source"], rules, memo["book"], memo["coarser"], memo["rounds"])
    held.memo.update(rules=plan.rules, plan=plan, outcome=outcome)


def _attack(held: Held) -> None:
    memo = held.memo
    memo["attacks"] = proving.attack_protected(
        memo["source"], memo["outcome"], memo["rules"], memo["book"], memo["rounds"]
    )
    if memo["rules"].keys:
        ledgers.stand_beside(memo["outcome"].frame, memo["rules"])
    memo.pop("source")
    memo.pop("rounds")


def _seal(held: Held) -> None:
    data = rows.pack(held.memo["outcome"].frame)
    wrapped = ports.house.keys.wrap(Wrapping.DATA, context_of(held.target_ref))
    blob = new_name()
    sealed = seal(ports.house.store, blob, rows.pieces(data), wrapped.dek, context_of(held.target_ref))
    held.memo.update(blob=blob, sealed=sealed, wrapped=wrapped)


def _publish(held: Held) -> None:
    memo = held.memo
    book: Codebook = memo["book"]
    frame: pd.DataFrame = memo["outcome"].frame
    sensitivity = {name: level for name, (_, level) in memo["roles"].items()}
    offer = menu.build(frame, memo["rules"], book, sensitivity)
    with transaction() as current:
        file = find(held.target_ref)
        # Files of one dataset take turns here: on PostgreSQL two that are built at once would not see each other.
        current.execute(select(Dataset.id).where(Dataset.id == file.version.dataset_id).with_for_update())
        if [one.ref for one in earlier(file)] != memo["beside"]:
            raise Stale("protected file: another of its tier was built or held meanwhile; build it again")
        claim.advance(
            file,
            "proposed",
            rows=len(frame),
            report=memo["outcome"].report,
            attacks=memo["attacks"],
            plan=json.loads(memo["plan"].to_json()),
            menu=offer,
            rule_set=json.loads(memo["rules"].to_json()),
            blob=memo["blob"],
            sha256=memo["sealed"].sha256,
            key_id=memo["wrapped"].key_id,
            key_wrapped=memo["wrapped"].wrapped,
            built_at=clock.now(),
        )
        data = {"dataset": memo["code"], "rows": len(frame), "sha256": memo["sealed"].sha256}
        data["sdc"] = proving.figures(memo["rules"], memo["outcome"].report)
        record(WORKER, "file.protected", target=("file", file.ref), data=data)
        for coarser in current.scalars(
            select(ProtectedFile).where(
                ProtectedFile.version_id == memo["version_id"], ProtectedFile.status == "queued"
            )
        ):
            bell.ask(KIND, coarser.ref)
        claim.finish(held)


def _failed(held: Held, error: BaseException, for_good: bool) -> None:  # noqa: FBT001 -- the registry's signature
    file = find(held.target_ref)
    if isinstance(error, Withheld):
        claim.advance(file, "held", held_as="protection", held_reason=str(error), held_at=clock.now())
        record(WORKER, "file.held", target=("file", file.ref), reason="attack")
        return
    if for_good:
        reason = type(error).__name__
        claim.advance(file, "held", held_as="machine", held_reason=reason, held_at=clock.now())
    record(WORKER, "file.failed", target=("file", file.ref), reason=type(error).__name__)


PROTECT = Kind(
    KIND,
    (
        Stage("read", _read),
        Stage("protect", _protect),
        Stage("attack", _attack),
        Stage("seal", _seal),
        Stage("publish", _publish),
    ),
    _failed,
)
