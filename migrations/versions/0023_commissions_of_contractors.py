"""Which contractor brings which round, and what was loaded for it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "commission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("dataset_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_name", sa.String(100), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["dataset_id"], ["dataset.id"], name=op.f("fk_commission_dataset_id_dataset")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_commission_organisation_id_organisation")
        ),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_commission_given_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission")),
        sa.UniqueConstraint("ref", name=op.f("uq_commission_ref")),
    )
    op.create_index(op.f("ix_commission_dataset_id"), "commission", ["dataset_id"])
    op.create_index(op.f("ix_commission_organisation_id"), "commission", ["organisation_id"])
    # In place, where SQLite can: rows of other tables refer to this one.
    constraint = "CONSTRAINT fk_version_commission_id_commission REFERENCES commission (id)"
    op.execute(f"ALTER TABLE version ADD COLUMN commission_id INTEGER {constraint}")
    op.create_index(op.f("ix_version_commission_id"), "version", ["commission_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_version_commission_id"), "version")
    op.execute("ALTER TABLE version DROP COLUMN commission_id")
    op.drop_table("commission")
