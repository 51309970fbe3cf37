"""``make demo``: set up, start the processes, play the main job, then serve until Ctrl-C."""

import functools
import multiprocessing
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import config
from portal import clock, launch, sample
from portal.app import Portal
from portal.auth import onetime, queries
from portal.auth.models import Person
from portal.catalogue import synthetic
from portal.db import transaction
from portal.demo_browser import Refused
from portal.demo_cast import Cast, Teller
from portal.demo_story import Props, play
from portal.setup import prepare

PEOPLE = "demo-people.txt"
DOWNLOADS = "demo-downloads"  # beside the instance
SEED = 4


def main(*, port: int, serve: bool, incidents: Path, rows: int) -> int:
    """Set up, play, and serve until Ctrl-C; return 0 only if every step held."""
    environment = {"PORTAL_ENV": "demo", "PUBLIC_URL": f"http://localhost:{port}"}
    # Before anything is opened, so that a child may be forked; it draws while the portal is set up and starts.
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as aside:
        try:
            launch.refuse_taken_port(port)
            drawn = None if _begun() else aside.submit(_draw, rows)
            app = prepare(dict(os.environ) | environment)
            instance: Path = app.config["PORTAL"].instance
            with app.app_context():
                sample.populate(instance / PEOPLE)
            with launch.processes(instance, environment["PUBLIC_URL"], environment) as address:
                survey = drawn.result if drawn else functools.partial(_draw, rows)
                held = _play(app, address, Props(incidents, rows, SEED, instance.parent / DOWNLOADS, instance, survey))
                if serve and held:
                    _say_how_to_sign_in(address, instance)
                    launch.wait()
        except launch.PortTaken as error:
            print(error, file=sys.stderr)
            return 2
    return 0 if held else 1


def _draw(rows: int) -> bytes:
    return synthetic.to_ona_csv(synthetic.draw(rows, SEED))


def _begun() -> bool:
    """Tell whether the story has been played here before: then its survey is there already."""
    return (config.instance_of(os.environ) / PEOPLE).exists()


def _play(app: Portal, address: str, props: Props) -> bool:
    people = sample.people(props.instance / PEOPLE)
    told = Teller()
    try:
        play(app, Cast(address, people, SamplePhones(app, people)), told, props)
    except Refused as error:
        told.line(f"The story stops here. {error}")
        return False
    return True


class SamplePhones:
    """The sample people's authenticator apps: the demonstration runs where their secrets can be opened."""

    def __init__(self, app: Portal, people: Mapping[str, Mapping[str, str]]) -> None:
        self._app, self._people = app, people

    def spent(self, who: str) -> int:
        """Return the number of the last half minute whose code was used."""
        with self._app.app_context(), transaction():
            return self._person(who).totp_last_step

    def code(self, who: str, step: int) -> str:
        """Return the code of one half minute."""
        with self._app.app_context(), transaction():
            return onetime.code_of_step(onetime.secret_of(self._person(who)), step)

    def _person(self, who: str) -> Person:
        return queries.by(Person.email == self._people[who]["email"])


def one_time_code(who: str, instance: Path) -> str:
    """Return a sample person's code of this moment, and for how long it holds."""
    people = sample.people(instance / PEOPLE)
    if who not in people:
        sys.exit(f"WHO: one of {', '.join(people)}")
    app = prepare(dict(os.environ) | {"PORTAL_ENV": "demo"})
    with app.app_context(), transaction():
        secret = onetime.secret_of(queries.by(Person.email == people[who]["email"]))
    left = 30 - int(clock.now().timestamp()) % 30
    return f"{onetime.code_at(secret, clock.now())}  (for {left} more seconds)"


def _say_how_to_sign_in(address: str, instance: Path) -> None:
    print(f"\nThe portal answers at {address}. Everything in it is synthetic.")
    print(f"Passwords are in {instance / PEOPLE}; a one-time code: make code WHO=amina")
    for one in sample.PEOPLE:
        print(f"  {one.short:<9} {one.email:<24} {one.role.value}")
    print("Ctrl-C ends every process that was started here.")
