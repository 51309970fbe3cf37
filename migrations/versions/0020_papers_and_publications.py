"""Papers that come with a request, what is published with its data, and copies that were lost."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "request_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("scan", sa.String(20), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_request_paper_person_id_person")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_request_paper_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_paper")),
        sa.UniqueConstraint("ref", name=op.f("uq_request_paper_ref")),
    )
    op.create_index(op.f("ix_request_paper_request_id"), "request_paper", ["request_id"])
    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("lock", sa.Integer(), nullable=False),
        sa.Column("review_days", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("link", sa.String(500), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(500), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("moved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["answered_by"], ["person.id"], name=op.f("fk_publication_answered_by_person")),
        sa.ForeignKeyConstraint(["paper_id"], ["request_paper.id"], name=op.f("fk_publication_paper_id_request_paper")),
        sa.ForeignKeyConstraint(["request_id"], ["request.id"], name=op.f("fk_publication_request_id_request")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("ref", name=op.f("uq_publication_ref")),
    )
    op.create_index(op.f("ix_publication_request_id"), "publication", ["request_id"])
    # in place, on SQLite too: rows of other tables refer to this one
    op.execute("ALTER TABLE destruction_duty ADD COLUMN lost_on DATE")
    op.execute("ALTER TABLE destruction_duty ADD COLUMN lost_how TEXT DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE destruction_duty ADD COLUMN lost_encrypted VARCHAR(10) DEFAULT '' NOT NULL")


def downgrade() -> None:
    for name in ("lost_encrypted", "lost_how", "lost_on"):
        op.execute(f"ALTER TABLE destruction_duty DROP COLUMN {name}")
    op.drop_table("publication")
    op.drop_table("request_paper")
