"""Rows by which processes know of one another: agreements to the notice, and free seats."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import sqlalchemy as sa
from sqlalchemy import Engine, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from recommender.db.engine import database_errors, short_write
from recommender.db.tables import EXACT, KEY_LENGTH, WORD_LENGTH, Base
from recommender.text import utc_now

# A browser session is not longer; whoever keeps a page open all day is asked again.
LASTS = timedelta(days=1)
# Browsers that are looked for in one request.
BROWSERS_AT_ONCE = 500
# A process that was killed leaves its row behind for so long.
FORGOTTEN_AFTER = timedelta(days=1)


class AgreementRow(Base):
    """A browser's agreement to the notice: its version and its end, and nothing of a face.

    Attributes
    ----------
    browser : str, digest of the word in the browser's cookie, which is stored nowhere
    ends_at : int, milliseconds since 1970 (UTC)
    """

    __tablename__ = "agreements"
    __table_args__ = EXACT

    browser: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    version: Mapped[str] = mapped_column(sa.String(WORD_LENGTH))
    ends_at: Mapped[int] = mapped_column(sa.BigInteger, index=True)


class SharedAgreements:
    """The agreements of all processes, in the database. Thread-safe.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used.

    Parameters
    ----------
    now : callable, returns the timezone-aware time
    """

    def __init__(self, engine: Engine, *, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._now = now

    def of(self, browser: str) -> tuple[str, int] | None:
        """Return version and end of a browser's agreement; None without one that stands.

        The end is in milliseconds since 1970, and tells an agreement from a later one.
        """
        asked = select(AgreementRow.version, AgreementRow.ends_at).where(
            AgreementRow.browser == browser, AgreementRow.ends_at > self._milliseconds()
        )
        with database_errors(), self._engine.connect() as connection:
            found = connection.execute(asked).first()
        return None if found is None else (found.version, found.ends_at)

    def give(self, browser: str, version: str) -> int:
        """Keep a browser's agreement in place of an earlier one, and return its end."""
        now = self._milliseconds()
        ends_at = now + LASTS // timedelta(milliseconds=1)
        row = {"browser": browser, "version": version, "ends_at": ends_at}
        old = delete(AgreementRow).where(
            (AgreementRow.browser == browser) | (AgreementRow.ends_at <= now)
        )
        with database_errors():
            try:
                with short_write(self._engine) as connection:
                    connection.execute(old)
                    connection.execute(insert(AgreementRow), row)
            except IntegrityError:
                # Another tab agreed at the same moment, in another process.
                return (self.of(browser) or (version, ends_at))[1]
        return ends_at

    def withdraw(self, browser: str) -> None:
        """Delete a browser's agreement."""
        with database_errors(), short_write(self._engine) as connection:
            connection.execute(delete(AgreementRow).where(AgreementRow.browser == browser))

    def standing(self, browsers: Collection[str]) -> dict[str, int]:
        """Return the ends of the agreements that stand, of these browsers."""
        found: dict[str, int] = {}
        with database_errors(), self._engine.connect() as connection:
            for some in _parts(browsers):
                asked = select(AgreementRow.browser, AgreementRow.ends_at).where(
                    AgreementRow.browser.in_(some), AgreementRow.ends_at > self._milliseconds()
                )
                found.update((row.browser, row.ends_at) for row in connection.execute(asked))
        return found

    def _milliseconds(self) -> int:
        return round(1000 * self._now().timestamp())


def _parts(browsers: Collection[str]) -> Iterator[Sequence[str]]:
    left = iter(browsers)
    while some := list(islice(left, BROWSERS_AT_ONCE)):
        yield some


class ReplicaRow(Base):
    """A process that serves visitors, as it told the others last.

    Attributes
    ----------
    name : str, from ``MOODRING_REPLICA``
    free : int, seats for cameras that are free there
    seen_at : int, milliseconds since 1970 by its own clock, which changes each time it tells
    """

    __tablename__ = "replicas"
    __table_args__ = EXACT

    name: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    free: Mapped[int]
    seen_at: Mapped[int] = mapped_column(sa.BigInteger)


@dataclass(frozen=True, slots=True)
class Told:
    """The last word of a process on itself.

    Attributes
    ----------
    free : int, seats that are free
    seen_at : int, changes each time it tells
    """

    free: int
    seen_at: int


class Replicas:
    """The words of all processes on their free seats. Thread-safe.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used.

    Parameters
    ----------
    name : str, of this process
    now : callable, returns the timezone-aware time
    """

    def __init__(self, engine: Engine, name: str, *, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._name = name
        self._now = now

    def tell(self, free: int) -> None:
        """Tell the others how many seats are free here."""
        now = self._now()
        seen_at = round(1000 * now.timestamp())
        old = round(1000 * (now - FORGOTTEN_AFTER).timestamp())
        own = (
            update(ReplicaRow)
            .where(ReplicaRow.name == self._name)
            .values(free=free, seen_at=seen_at)
        )
        with database_errors(), short_write(self._engine) as connection:
            known = connection.scalar(select(ReplicaRow.name).where(ReplicaRow.name == self._name))
            if known is not None:
                connection.execute(own)
                return
            connection.execute(delete(ReplicaRow).where(ReplicaRow.seen_at < old))
            try:
                connection.execute(
                    insert(ReplicaRow), {"name": self._name, "free": free, "seen_at": seen_at}
                )
            except IntegrityError:
                # Two processes have one name; the other has told just now.
                return

    def others(self) -> dict[str, Told]:
        """Return what the other processes have told last, by name."""
        asked = select(ReplicaRow.name, ReplicaRow.free, ReplicaRow.seen_at).where(
            ReplicaRow.name != self._name
        )
        with database_errors(), self._engine.connect() as connection:
            return {row.name: Told(row.free, row.seen_at) for row in connection.execute(asked)}

    def leave(self) -> None:
        """Tell the others that this process has ended."""
        with database_errors(), short_write(self._engine) as connection:
            connection.execute(delete(ReplicaRow).where(ReplicaRow.name == self._name))
