"""How a person wants letters of a kind to come. Whoever never chose has no row."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class MessageSetting(Base):
    """One person's choice for one kind of letter."""

    __tablename__ = "message_setting"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))  # one of letters.kinds.CHOSEN
    way: Mapped[str] = mapped_column(String(10))  # one of letters.kinds.Way

    __table_args__ = (UniqueConstraint("person_id", "kind"),)
