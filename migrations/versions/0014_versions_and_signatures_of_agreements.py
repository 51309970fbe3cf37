"""Versions of an agreement, where each stands, and what is kept of its way: texts, comments, signatures, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)
ONE, EACH = "uq_agreement_number", "uq_agreement_number_revision"
TABLES = ("move", "text", "comment", "basis", "signature", "document")


def upgrade() -> None:
    _let_a_table_be_exchanged()
    with op.batch_alter_table("agreement") as table:
        table.add_column(sa.Column("stage", sa.String(20), nullable=False, server_default=""))
        table.add_column(sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()))
        table.add_column(sa.Column("text_sha256", sa.String(64), nullable=False, server_default=""))
        table.add_column(sa.Column("terminated_on", sa.Date(), nullable=True))
        table.add_column(sa.Column("warned_days", sa.Integer(), nullable=False, server_default="0"))
        for side in ("mmc", "partner"):
            table.add_column(sa.Column(f"{side}_signatory_id", sa.Integer(), nullable=True))
            table.create_foreign_key(
                f"fk_agreement_{side}_signatory_id_person", "person", [f"{side}_signatory_id"], ["id"]
            )
        table.drop_constraint(ONE, type_="unique")
        table.create_unique_constraint(EACH, ["number", "revision"])
    _create("move", [
        sa.Column("verb", sa.String(20), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("target", sa.String(40), nullable=False),
        _person(nullable=True),
        sa.Column("seen_lock", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("happened_at", MOMENT, nullable=False),
    ])  # fmt: skip
    _create("text", [
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        _person(nullable=True),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.UniqueConstraint("agreement_id", "number", name="uq_agreement_text_agreement_id_number"),
    ], index=False)  # fmt: skip
    _create("comment", [
        _person(),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
    ])  # fmt: skip
    _create("basis", [
        sa.Column("sha256", sa.String(64), nullable=False),
        _person(),
        sa.Column("legal_basis", sa.String(30), nullable=False),
        sa.Column("transfer", sa.String(30), nullable=False),
        sa.Column("transfer_reason", sa.Text(), nullable=False),
        sa.Column("roles", sa.String(30), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
    ])  # fmt: skip
    _create("signature", [
        sa.Column("side", sa.String(10), nullable=False),
        _person(),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("signed_at", MOMENT, nullable=False),
        sa.Column("voided_at", MOMENT, nullable=True),
    ])  # fmt: skip
    _create("document", [
        sa.Column("ref", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("note", sa.String(200), nullable=False),
        sa.Column("blob", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("key_wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("scan", sa.String(20), nullable=False),
        _person(),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.UniqueConstraint("ref", name="uq_agreement_document_ref"),
    ])  # fmt: skip


def _let_a_table_be_exchanged() -> None:
    """SQLite takes a constraint away by exchanging the table, which it refuses while others refer to it.

    Only outside a transaction can that be switched off; it stays off until this connection closes.
    """
    if op.get_bind().dialect.name == "sqlite":
        driver = op.get_bind().connection.driver_connection
        for statement in ("COMMIT", "PRAGMA foreign_keys=OFF", "BEGIN IMMEDIATE"):
            driver.execute(statement)


def _person(*, nullable: bool = False) -> sa.Column[int]:
    return sa.Column("person_id", sa.Integer(), nullable=nullable)


def _create(name: str, columns: list[sa.Column[object] | sa.Constraint], *, index: bool = True) -> None:
    table = f"agreement_{name}"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("agreement_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["agreement_id"], ["agreement.id"], name=f"fk_{table}_agreement_id_agreement"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=f"fk_{table}_person_id_person"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
    if index:
        op.create_index(f"ix_{table}_agreement_id", table, ["agreement_id"])


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(f"agreement_{name}")
    _let_a_table_be_exchanged()
    with op.batch_alter_table("agreement") as table:
        table.drop_constraint(EACH, type_="unique")
        table.create_unique_constraint(ONE, ["number"])
        for side in ("mmc", "partner"):
            table.drop_constraint(f"fk_agreement_{side}_signatory_id_person", type_="foreignkey")
            table.drop_column(f"{side}_signatory_id")
        for column in ("warned_days", "terminated_on", "text_sha256", "shared", "stage"):
            table.drop_column(column)
