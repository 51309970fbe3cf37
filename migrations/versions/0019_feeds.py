"""Impact assessments on file, and requests that are delivered again with every new round."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("release", sa.Column("wave", sa.Integer(), nullable=False, server_default="1"))
    op.create_table(
        "agreement_dpia",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("document_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_lock", sa.Integer(), nullable=False),
        sa.Column("reminded_for", sa.Date(), nullable=True),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by", sa.Integer(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=op.f("fk_agreement_dpia_agreement_id_agreement")),
        sa.ForeignKeyConstraint(
            ["document_id"], ["agreement_document.id"], name=op.f("fk_agreement_dpia_document_id_agreement_document")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_agreement_dpia_person_id_person")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["person.id"], name=op.f("fk_agreement_dpia_withdrawn_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agreement_dpia")),
        sa.UniqueConstraint("ref", name=op.f("uq_agreement_dpia_ref")),
    )
    op.create_index(op.f("ix_agreement_dpia_agreement_id"), "agreement_dpia", ["agreement_id"])
    op.create_table(
        "run_refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("protected_file_id", sa.Integer(), nullable=False),
        sa.Column("codes", sa.String(200), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_run_refusal_request_id_request")),
        sa.ForeignKeyConstraint(
            ["protected_file_id"], ["protected_file.id"], name=op.f("fk_run_refusal_protected_file_id_protected_file")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_run_refusal_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_refusal")),
        sa.UniqueConstraint(
            "request_id", "protected_file_id", "codes", name=op.f("uq_run_refusal_request_id_protected_file_id_codes")
        ),
    )
    op.create_index(op.f("ix_run_refusal_request_id"), "run_refusal", ["request_id"])


def downgrade() -> None:
    op.drop_table("run_refusal")
    op.drop_table("agreement_dpia")
    op.drop_column("release", "wave")
