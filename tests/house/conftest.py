"""The one portal all tests of the house walk through; it stands again as it stood after each of them."""

import dataclasses
import secrets
import shutil

import pytest
from jinja2 import BaseLoader

from portal.app import create_app
from tests import conftest
from tests.house.standing import Standing


class Remembering(BaseLoader):
    """A template loader that remembers what was asked of it, parents and parts included."""

    def __init__(self, loader):
        self.loader, self.asked = loader, set()

    def get_source(self, environment, template):
        self.asked.add(template)
        return self.loader.get_source(environment, template)

    def list_templates(self):
        return self.loader.list_templates()


@pytest.fixture(scope="session")
def _standing(tmp_path_factory, keys_template, database_template, compiled_templates):
    instance = tmp_path_factory.mktemp("standing") / "instance"
    instance.mkdir(mode=0o700)
    shutil.copytree(keys_template, instance / "keys")
    if conftest.SERVER:
        name = f"portal_standing_{secrets.token_hex(4)}"
        conftest._admin(f"CREATE DATABASE {name} TEMPLATE {database_template}")
        url = conftest._with_database(name)
    else:
        shutil.copyfile(database_template, instance / "portal.sqlite3")
        url = f"sqlite:///{instance / 'portal.sqlite3'}"
    # no bell is rung here: nobody works these orders off
    settings = dataclasses.replace(conftest._settings(instance, url), redis_url="unix:///nonexistent/q.sock")
    app = create_app(settings)
    app.testing = False
    app.jinja_env.bytecode_cache = compiled_templates
    app.jinja_env.loader = Remembering(app.jinja_env.loader)
    world = Standing(app, settings)
    yield world
    world.end()


@pytest.fixture
def world(_standing):
    _standing.enter()
    _standing.freshen()
    yield _standing
    if _standing.changed:
        _standing.again()
    for name in list(_standing._browsers):
        _standing.leave(name)
