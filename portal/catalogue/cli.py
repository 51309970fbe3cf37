"""``flask catalogue``: what the catalogue's pages do, for whoever has a shell instead of a browser."""

import time
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from portal.actor import Role, system
from portal.catalogue import actions, codebook
from portal.catalogue.intake_report import Finding
from portal.catalogue.jobs import find
from portal.catalogue.models import Dataset
from portal.db import session, transaction
from portal.errors import Invalid
from portal.jobs import bell
from portal.vault import CHUNK

group = AppGroup("catalogue", help="Datasets and their versions.")
ACTOR = system("cli", Role.STEWARD)
PAUSE = 0.1


@group.command("list")
def list_datasets() -> None:
    """List datasets and versions."""
    with transaction():
        for dataset in session().scalars(select(Dataset).order_by(Dataset.code)):
            click.echo(f"{dataset.code}  {dataset.title_en}")
            for version in dataset.versions:
                click.echo(f"  version {version.number}  {version.status:<10} {version.rows:>9,} rows  {version.ref}")


@group.command("register")
@click.argument("code")
@click.option("--kind", type=click.Choice(["interviews", "events"]), required=True)
@click.option("--title-en", required=True)
@click.option("--title-fr", required=True)
@click.option("--summary-en", default="")
@click.option("--summary-fr", default="")
def register(code: str, kind: str, **titles: str) -> None:
    """Open a place in the catalogue for a survey or an incident collection."""
    with transaction():
        if session().scalar(select(Dataset.id).where(Dataset.code == code)) is not None:
            raise click.ClickException(f"{code}: is there already; see `flask catalogue list`")
        actions.register_dataset(ACTOR, code=code, kind=kind, titles=titles)
    click.echo(f"{code} is open for its first version.")


@group.command("import")
@click.argument("dataset_code")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--codebook", "codebook_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--choices", "choices_file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--publish", is_flag=True, help="Confirm the proposed roles and publish, if nothing stands against it.")
def import_file(
    dataset_code: str, file: Path, codebook_file: Path | None, choices_file: Path | None, *, publish: bool
) -> None:
    """Load FILE as the next version of DATASET_CODE, read it at once, and print the validation report."""
    with transaction():
        dataset = session().scalar(select(Dataset).where(Dataset.code == dataset_code))
        if dataset is None:
            raise click.ClickException(f"{dataset_code}: no such dataset; see `flask catalogue list`")
        dataset_ref = dataset.ref
    try:
        ref = _receive(dataset_ref, file, codebook_file, choices_file)
    except Invalid as fault:
        raise click.ClickException(str(fault)) from None
    while _status(ref) == "received":
        _read_on()
    _print_report(ref)
    if publish and _status(ref) == "checked":
        _publish(ref)
        click.echo("Published. Its protected files are being built.")


def _read_on() -> None:
    """Do a piece of work, here; a worker elsewhere may have taken it already."""
    try:
        bell.wake()
    except RuntimeError as fault:
        raise click.ClickException(
            f"The work failed ({fault}). A worker tries it again; see `flask catalogue list`."
        ) from None
    time.sleep(PAUSE)


def _receive(dataset_ref: str, file: Path, codebook_file: Path | None, choices_file: Path | None) -> str:
    with file.open("rb") as stream:
        upload = actions.Upload(
            file_name=file.name,
            source=iter(lambda: stream.read(CHUNK), b""),
            codebook_csv=codebook_file.read_text("utf-8-sig") if codebook_file else "",
            choices_csv=choices_file.read_text("utf-8-sig") if choices_file else "",
        )
        return actions.receive(ACTOR, dataset_ref, upload)


def _status(ref: str) -> str:
    with transaction():
        return find(ref).status


def _print_report(ref: str) -> None:
    with transaction():
        version = find(ref)
        click.echo(
            f"version {version.number}: {version.status}, {version.rows:,} rows, {version.columns} columns  {ref}"
        )
        for row in version.report.get("findings", ()):
            finding = Finding(code=row["code"], count=row["count"], variable=row["variable"], params=row["params"])
            click.echo(f"  {finding.severity:<8} {finding.told()}")


def _publish(ref: str) -> None:
    with transaction():
        version = find(ref)
        roles = {one.name: one.proposed_role for one in version.variables if one.proposed_role in codebook.ROLES}
        actions.confirm_roles(ACTOR, ref, version.lock, roles)
        actions.publish(ACTOR, ref, version.lock)
