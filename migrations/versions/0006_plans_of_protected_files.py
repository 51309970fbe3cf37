"""The plan that a protected file was made by."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("protected_file") as table:
        table.add_column(sa.Column("plan", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("protected_file", "plan")  # not in a batch: SQLite would drop a table that others refer to
