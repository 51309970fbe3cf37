"""`flask audit`: open the log once, and check it whenever you like."""

import sys

import click
from flask.cli import AppGroup

from portal.audit import verify
from portal.audit.recorder import open_log
from portal.audit.signing import Signer
from portal.db import transaction

EXIT = {verify.State.OK: 0, verify.State.TAMPERED: 1, verify.State.INCOMPLETE: 2}
group = AppGroup("audit", help="The audit log.")


@group.command("open")
def open_() -> None:
    """Open the log; nothing happens if it is open already."""
    with transaction():
        open_log()
    click.echo("The log is open.")


@group.command("sign")
def sign() -> None:
    """Sign a checkpoint now, as the keeper does within a second."""
    click.echo("A checkpoint was signed." if Signer().tick() else "Nothing has happened since the last checkpoint.")


@group.command("verify")
def check() -> None:
    """Check every event, root and signature. Exit 0: verified, 1: tampered with, 2: could not be checked in full."""
    report = verify.examine()
    where = "" if report.index is None else f" (first bad event: {report.index})"
    if report.state is verify.State.OK:
        click.echo(f"The log verifies: {report.size} events, root {report.root.hex()}.")
    else:
        word = "TAMPERED" if report.state is verify.State.TAMPERED else "INCOMPLETE"
        click.echo(f"{word}: {verify.PROBLEMS[report.problem]}{where}.", err=True)
    sys.exit(EXIT[report.state])
