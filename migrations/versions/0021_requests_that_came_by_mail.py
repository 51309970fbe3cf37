"""Who entered a request that came by mail, the day of the mail, and when it was handed to whoever asked."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    # In place, where SQLite can: rows of other tables refer to this one.
    constraint = "CONSTRAINT fk_request_entered_by_id_person REFERENCES person (id)"
    op.execute(f"ALTER TABLE request ADD COLUMN entered_by_id INTEGER {constraint}")
    op.add_column("request", sa.Column("mailed_on", sa.Date(), nullable=True))
    op.add_column("request", sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for column in ("handed_at", "mailed_on", "entered_by_id"):
        op.execute(f"ALTER TABLE request DROP COLUMN {column}")
