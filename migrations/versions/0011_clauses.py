"""What an agreement says of use, sharing, matching, networks and signing in; and who has accepted it.

An agreement that stands already named no kind of output, so it goes on to cover all of them. What it does not say of
passing on and matching was said by the form each requester accepted: neither is allowed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

OUTPUTS = '["internal_analysis", "public_report", "academic_publication", "dashboard", "operational_use"]'
COLUMNS = (
    ("outputs", sa.JSON(), OUTPUTS),
    ("onward_sharing", sa.String(20), "none"),
    ("onward_bodies", sa.JSON(), "[]"),
    ("matching", sa.String(20), "forbidden"),
    ("retention_days", sa.Integer(), "0"),
    ("publication_review_days", sa.Integer(), "0"),
    ("ip_ranges", sa.JSON(), "[]"),
    ("factors", sa.JSON(), '["pwd", "otp"]'),
)


def upgrade() -> None:
    for name, kind, standing in COLUMNS:
        op.add_column("agreement", sa.Column(name, kind, nullable=False, server_default=standing))
    with op.batch_alter_table("agreement") as batch:
        for name, kind, _standing in COLUMNS:
            batch.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
    op.create_table(
        "acceptance",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_acceptance_agreement_id_agreement")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acceptance_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance")),
        sa.UniqueConstraint(
            "agreement_id", "person_id", "sha256", name=op.f("uq_acceptance_agreement_id_person_id_sha256")
        ),
    )
    op.create_index(op.f("ix_acceptance_person_id"), "acceptance", ["person_id"])


def downgrade() -> None:
    op.drop_table("acceptance")
    with op.batch_alter_table("agreement") as batch:
        for name, _kind, _standing in reversed(COLUMNS):
            batch.drop_column(name)
