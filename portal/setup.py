"""Setting an instance up: folders, keys, database, log. Doing it again changes nothing that is there."""

import os
import secrets
from pathlib import Path

from flask_migrate import upgrade

import config
from portal.app import Portal, create_app
from portal.audit.recorder import open_log
from portal.db import transaction
from portal.keys import FileKeys


def prepare(environ: dict[str, str]) -> Portal:
    """Make what is missing of an instance and return its application."""
    os.umask(0o077)
    instance = config.instance_of(environ)
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    instance.chmod(0o700)
    if not (instance / "keys").exists():
        FileKeys.create(instance / "keys")
    if environ.get("PORTAL_ENV") != "production":
        _write_secret(instance / "keys" / "session.secret")
    app = create_app(config.from_environment(environ))
    with app.app_context():
        upgrade()
        with transaction():
            open_log()
    return app


def _write_secret(path: Path) -> None:
    if path.exists():
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
