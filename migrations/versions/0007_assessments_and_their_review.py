"""The assessment that two offices sign, and the day until which it holds."""

import datetime as dt

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ONCE, PER_REVIEW = "uq_sign_off_protected_file_id_role", "uq_sign_off_protected_file_id_role_review"
YEAR = dt.timedelta(days=365)


def upgrade() -> None:
    with op.batch_alter_table("protected_file") as table:
        table.add_column(sa.Column("review_by", sa.Date(), nullable=True))
    with op.batch_alter_table("sign_off") as table:
        table.add_column(sa.Column("review", sa.Integer(), nullable=False, server_default="0"))
        table.add_column(sa.Column("assessment", sa.String(64), nullable=False, server_default=""))
        table.drop_constraint(ONCE, type_="unique")
        table.create_unique_constraint(PER_REVIEW, ["protected_file_id", "role", "review"])
    _date_what_is_signed()


def _date_what_is_signed() -> None:
    """A file that was signed before holds for a year from its second signature."""
    file = sa.table(
        "protected_file", sa.column("id", sa.Integer), sa.column("status", sa.String), sa.column("review_by", sa.Date)
    )
    sign_off = sa.table(
        "sign_off", sa.column("protected_file_id", sa.Integer), sa.column("signed_at", sa.DateTime(timezone=True))
    )
    connection = op.get_bind()
    last = (
        sa.select(file.c.id, sa.func.max(sign_off.c.signed_at))
        .join(sign_off, sign_off.c.protected_file_id == file.c.id)
        .where(file.c.status == "signed")
        .group_by(file.c.id)
    )
    for one, signed_at in connection.execute(last).all():
        connection.execute(sa.update(file).where(file.c.id == one).values(review_by=signed_at.date() + YEAR))


def downgrade() -> None:
    op.execute(sa.text("DELETE FROM sign_off WHERE review > 0"))
    with op.batch_alter_table("sign_off") as table:
        table.drop_constraint(PER_REVIEW, type_="unique")
        table.create_unique_constraint(ONCE, ["protected_file_id", "role"])
        table.drop_column("assessment")
        table.drop_column("review")
    op.drop_column("protected_file", "review_by")  # not in a batch: SQLite would drop a table that others refer to
