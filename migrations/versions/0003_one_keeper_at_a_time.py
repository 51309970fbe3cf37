"""The duty that only one keeper has at a time: a row to take turns on."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

duty = sa.table("duty", sa.column("name"), sa.column("holder"), sa.column("until", sa.DateTime(timezone=True)))


def upgrade() -> None:
    beginning = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    if op.get_bind().dialect.name == "sqlite":
        beginning = beginning.replace(tzinfo=None)
    op.bulk_insert(duty, [{"name": "keeper", "holder": "", "until": beginning}])


def downgrade() -> None:
    op.execute(duty.delete().where(duty.c.name == "keeper"))
