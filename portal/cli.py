"""``python -m portal``: setting up, running, demonstrating, and asking the house about itself."""

import os
import sys
from pathlib import Path

import click
from flask_migrate import upgrade

import config
from portal import demo as story
from portal import doctor, documents, keeper, launch, worker
from portal.app import create_app
from portal.setup import prepare


@click.group()
def main() -> None:
    """The 4Mi data portal."""


@main.command()
def setup() -> None:
    """Make folders, keys, database and log where they are missing."""
    app = prepare(dict(os.environ))
    click.echo(f"Ready: {app.config['PORTAL'].instance}")


@main.command("migrate")
def migrate() -> None:
    """Bring the database's tables up to date."""
    with create_app().app_context():
        upgrade()


@main.command("worker")
@click.option("--burst", is_flag=True, help="Stop when the queue is empty.")
def run_worker(*, burst: bool) -> None:
    """Do the work that the table of work names."""
    worker.run(create_app(), burst=burst)


@main.command("keeper")
def run_keeper() -> None:
    """Keep time: checkpoints, letters, ends."""
    keeper.run(create_app())


@main.command()
@click.option("--port", default=8000, show_default=True)
def run(port: int) -> None:
    """Run web, worker and keeper on this machine until Ctrl-C."""
    environment = {"PUBLIC_URL": os.environ.get("PUBLIC_URL", f"http://localhost:{port}")}
    prepare(dict(os.environ) | environment)
    try:
        with launch.processes(config.instance_of(os.environ), environment["PUBLIC_URL"], environment) as address:
            click.echo(f"The portal answers at {address}. Ctrl-C ends it.")
            launch.wait()
    except launch.PortTaken as error:
        sys.exit(str(error))


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--serve", default="yes", type=click.Choice(["yes", "no"]))
@click.option("--incidents", default="", type=click.Path(path_type=Path), help="The incident file from outside.")
@click.option("--rows", default=20000, show_default=True)
def demo(port: int, serve: str, incidents: Path, rows: int) -> None:
    """Play the main job from upload to download through real HTTP."""
    sys.exit(story.main(port=port, serve=serve == "yes", incidents=incidents, rows=rows))


@main.command()
@click.argument("who")
def code(who: str) -> None:
    """Print a sample person's current one-time code (demonstration only)."""
    click.echo(story.one_time_code(who, config.instance_of(os.environ)))


@main.command("doctor")
def run_doctor() -> None:
    """Check the house: migrations complete, translations complete, documents up to date."""
    complaints = list(doctor.examine())
    for complaint in complaints:
        click.echo(complaint, err=True)
    sys.exit(1 if complaints else 0)


@main.command("docs")
def write_documents() -> None:
    """Write the generated documents anew."""
    with doctor.scratch():
        documents.write()
