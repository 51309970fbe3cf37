"""Why a protected file or a release is held: what decides whether it may be ordered again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = ("protected_file", "release")


def upgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("held_as", sa.String(20), nullable=False, server_default=""))
            batch.add_column(sa.Column("held_at", sa.DateTime(timezone=True), nullable=True))
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.alter_column("held_as", server_default=None)


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("held_at")
            batch.drop_column("held_as")
