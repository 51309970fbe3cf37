"""The catalogue's verbs: register a dataset, receive a version, settle its roles, publish it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask_babel import gettext as _
from sqlalchemy import func, select

from portal import clock, policy, ports
from portal.actor import Actor
from portal.audit.canonical import Json
from portal.audit.recorder import record
from portal.catalogue import codebook, queries, rows
from portal.catalogue.models import Dataset, Version
from portal.catalogue.textsafe import file_name as safe_name
from portal.db import move, new_ref, session, transaction
from portal.errors import Invalid, PortalError, Stale
from portal.jobs import bell
from portal.permissions import Permission
from portal.vault import Sealed, new_name, seal

READ = "read"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file on its way in: its own name, its bytes, and the codebook that explains it."""

    file_name: str
    source: Iterable[bytes]
    codebook_csv: str = ""
    choices_csv: str = ""
    source_note_en: str = ""
    source_note_fr: str = ""


@dataclass(frozen=True)
class Place:
    """Where an upload goes. ``find`` judges it before the file is sealed and again before it is written down.

    ``settle`` is told of the new version in the transaction that writes it down.
    """

    find: Callable[[], Dataset]
    settle: Callable[[Version], None] = lambda _version: None


def register_dataset(actor: Actor, *, code: str, kind: str, titles: Mapping[str, str]) -> Dataset:
    """Open a place in the catalogue for a survey or an incident collection."""
    dataset = Dataset(code=code, kind=kind, **titles)
    session().add(dataset)
    session().flush()
    record(actor, "dataset.registered", target=("dataset", dataset.ref), data={"dataset": code})
    return dataset


def receive(actor: Actor, dataset_ref: str, upload: Upload) -> str:
    """Seal an uploaded file, then write down that it wants reading; return the new version's reference.

    Opens its own transactions, because sealing a large file must not hold one open.
    Raises NotFound, Invalid (a codebook that cannot be read) or StorageFull; nothing is kept then.
    """
    place = Place(lambda: policy.load(actor, Permission.DATASET_UPLOAD, Dataset, Dataset.ref == dataset_ref))
    return take_in(actor, place, upload)


def take_in(actor: Actor, place: Place, upload: Upload) -> str:
    """Receive a file into a place; raises what the place raises, and as ``receive``."""
    with transaction():
        books = _books(place.find(), upload)
    codebook.parse(books[0].encode(), books[1].encode())
    ref, blob = new_ref(), new_name()
    key_id, wrapped, dek = rows.new_data_key(ref)
    values = {"ref": ref, "original_blob": blob, "key_id": key_id, "key_wrapped": wrapped}
    values |= {"codebook_csv": books[0], "choices_csv": books[1]}
    sealed = seal(ports.house.store, blob, upload.source, dek, f"version:{ref}:original".encode())
    try:
        _write_down(actor, place, upload, sealed, values)
    except PortalError:
        # Raised before any commit. After a commit whose answer got lost the file must stay: the keeper's sweep decides.
        ports.house.store.delete(blob)
        raise
    return ref


def _write_down(actor: Actor, place: Place, upload: Upload, sealed: Sealed, values: Mapping[str, Any]) -> None:
    if sealed.size == 0:
        raise Invalid({"file": [_("The file is empty: choose the CSV that was exported.")]})
    with transaction():
        dataset = place.find()
        version = _version(actor, dataset, upload, sealed)
        for name, value in values.items():
            setattr(version, name, value)
        place.settle(version)
        session().add(version)
        session().flush()
        data: dict[str, Json] = {"dataset": dataset.code, "version": version.number}
        data |= {"bytes": sealed.size, "sha256": sealed.sha256}
        record(actor, "dataset.version.uploaded", target=("version", version.ref), data=data)
        bell.ask(READ, version.ref)


def _books(dataset: Dataset, upload: Upload) -> tuple[str, str]:
    if upload.codebook_csv:
        return upload.codebook_csv, upload.choices_csv
    last = queries.newest(dataset.id)
    if last is not None:
        return last.codebook_csv, last.choices_csv
    prefix = "events_" if dataset.kind == "events" else ""
    names = (f"{prefix}codebook.csv", f"{prefix}choices.csv")
    return cast("tuple[str, str]", tuple(codebook.reference_bytes(name).decode("utf-8-sig") for name in names))


def _version(actor: Actor, dataset: Dataset, upload: Upload, sealed: Sealed) -> Version:
    # Two rounds at once number themselves one after the other (SQLite has one writer anyway).
    session().execute(select(Dataset.id).where(Dataset.id == dataset.id).with_for_update())
    last = session().scalar(select(func.max(Version.number)).where(Version.dataset_id == dataset.id)) or 0
    return Version(
        dataset_id=dataset.id,
        number=last + 1,
        file_name=safe_name(upload.file_name),
        source_note_en=upload.source_note_en,
        source_note_fr=upload.source_note_fr,
        uploaded_by=actor.id or None,
        original_sha256=sealed.sha256,
        original_size=sealed.size,
    )


def confirm_roles(actor: Actor, version_ref: str, lock: int, roles: Mapping[str, str]) -> Version:
    """Settle what each variable is. A variable left without a role is never released.

    Raises NotFound, Stale, or Invalid for an unknown variable or role.
    """
    version = policy.load(actor, Permission.VERSION_PREPARE, Version, Version.ref == version_ref)
    variables = {one.name: one for one in version.variables}
    faults = {name: [_("This is not a variable of this version.")] for name in roles if name not in variables}
    faults |= {name: [_("This is not a role.")] for name, role in roles.items() if role and role not in codebook.ROLES}
    if faults:
        raise Invalid(faults)
    _move(version, lock, "checked")
    changed = 0
    for name, role in roles.items():
        changed += variables[name].role != role
        variables[name].role = role
    record(actor, "dataset.roles.confirmed", target=("version", version.ref), data={"columns_n": changed})
    return version


def publish(actor: Actor, version_ref: str, lock: int) -> Version:
    """Make a version immutable and order its protected files. Raises NotFound, Stale or Invalid."""
    version = policy.load(actor, Permission.VERSION_PUBLISH, Version, Version.ref == version_ref)
    if not any(one.role for one in version.variables):
        raise Invalid({"roles": [_("No role is confirmed yet: confirm the roles of the variables first.")]})
    _move(version, lock, "published", published_at=clock.now(), published_by=actor.id or None)
    data: dict[str, Json] = {"dataset": version.dataset.code, "version": version.number, "rows": version.rows}
    record(actor, "dataset.version.published", target=("version", version.ref), data=data)
    ports.house.order_protected(version.id)
    return version


def _move(version: Version, lock: int, status: str, **values: object) -> None:
    if version.status != "checked" or version.lock != lock:
        raise Stale("version: somebody changed it since the page was opened; look again")
    move(version, status=status, **values)
