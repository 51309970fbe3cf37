"""Rounds of the survey for tests: drawn once, loaded through the web as a steward does."""

import functools
import io
import re

from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal.catalogue.models import Version
from portal.catalogue.synthetic import draw, to_ona_csv
from portal.db import session, transaction
from portal.jobs import bell
from portal.jobs.models import Work

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@functools.cache
def survey(rows=300, seed=4):
    return draw(rows, seed)


@functools.cache
def ona(rows=300, seed=4):
    return to_ona_csv(survey(rows, seed))


@functools.cache
def canaries(rows=300, seed=4):
    """Cell values that occur nowhere but in this survey: identifiers, and the leak markers the generator planted."""
    drawn = survey(rows, seed)
    identifiers = [value for value in drawn.frame["_uuid"] if len(value) > 20]
    return tuple(dict.fromkeys([*identifiers, *drawn.markers]))


def token(browser, page="/catalogue/upload"):
    return TOKEN.search(browser.get(page).text)[1]


def upload(browser, dataset_ref, data, name="round.csv", **more):
    """Send the upload form as a browser does; ``more`` are further fields, files as (stream, name)."""
    fields = {"csrf_token": token(browser), "dataset": dataset_ref, "file": (io.BytesIO(data), name), **more}
    return send(browser, "/catalogue/upload", fields)


def send(browser, path, fields):
    """POST fields and files encoded in memory: the test client would put a large body into a temporary file."""
    plain = {
        name: FileStorage(io.BytesIO(value[0].getvalue()), value[1]) if isinstance(value, tuple) else value
        for name, value in fields.items()
    }
    boundary, body = encode_multipart(plain)
    return browser.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def loaded(browser, dataset_ref, data, name="round.csv", **more):
    """Upload a file that the door takes; return its version's reference."""
    answer = upload(browser, dataset_ref, data, name, **more)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rsplit("/", 1)[1]


def work_off(app):
    """Do everything that is due, here and now."""
    with app.app_context():
        while due():
            bell.wake()


def clock_now():
    from portal import clock

    return clock.now()


def due():
    with transaction():
        return session().scalar(select(Work.id).where(Work.status.in_(("due", "running"))).limit(1)) is not None


def version_of(app, ref):
    with app.app_context(), transaction():
        version = session().scalar(select(Version).where(Version.ref == ref))
        list(version.variables)
        return version


def roles_form(app, ref, **changed):
    """The roles as the form proposes them, with what a steward changes (a role, or "" for none)."""
    version = version_of(app, ref)
    roles = {one.name: one.role or one.proposed_role for one in version.variables} | changed
    return {f"role.{name}": role for name, role in roles.items()} | {"lock": str(version.lock)}


def confirm(app, browser, ref, **changed):
    fields = roles_form(app, ref, **changed) | {"csrf_token": token(browser, f"/catalogue/versions/{ref}/roles")}
    return browser.post(f"/catalogue/versions/{ref}/roles", data=fields)


def publish(app, browser, ref, lock=None):
    page = browser.get(f"/catalogue/versions/{ref}").text
    fields = {"csrf_token": TOKEN.search(page)[1], "lock": lock or version_of(app, ref).lock}
    return browser.post(f"/catalogue/versions/{ref}/publish", data=fields)
