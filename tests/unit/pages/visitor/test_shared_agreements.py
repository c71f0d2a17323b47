"""The agreements of a browser whose pages are served by several processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pages.ui.visitor import agreements
from pages.ui.visitor.agreements import Agreements
from recommender.db.engine import make_engine
from recommender.db.processes import SharedAgreements
from recommender.db.tables import Base

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def two(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> tuple[Agreements, Agreements]:
    """Those of two processes, which look at the database when the test says so."""
    monkeypatch.setattr(Agreements, "_look_from_now_on", lambda _: None)
    shared = SharedAgreements(engine)
    return Agreements(lambda: shared), Agreements(lambda: shared)


def test_whoever_has_agreed_is_not_asked_again_by_another_process(
    two: tuple[Agreements, Agreements],
) -> None:
    here, there = two
    assert there.of("mine") is None
    given = here.give("mine", "5")
    known = there.of("mine")
    assert known is not None
    assert (known.given, known.version) == (True, "5")
    assert (given.from_elsewhere, known.from_elsewhere) == (False, True)
    assert there.of("mine") is known
    there.look()
    assert known.given


def test_withdrawing_in_one_process_ends_the_camera_in_the_other(
    two: tuple[Agreements, Agreements],
) -> None:
    here, there = two
    here.give("mine", "5")
    known, others = there.of("mine"), there.give("theirs", "5")
    here.withdraw("mine")
    there.look()
    assert known is not None
    assert not known.given
    assert others.given
    assert there.of("mine") is None


def test_agreeing_anew_does_not_go_on_with_a_camera_that_was_ended(
    two: tuple[Agreements, Agreements], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    here.give("mine", "5")
    before = there.of("mine")
    here.withdraw("mine")
    monkeypatch.setattr(SharedAgreements, "_milliseconds", lambda _: 10**13)
    here.give("mine", "5")
    there.look()
    assert before is not None
    assert not before.given


def test_a_withdrawal_holds_though_the_database_is_away_and_is_told_later(
    two: tuple[Agreements, Agreements], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    here.give("mine", "5")
    known = there.of("mine")
    Base.metadata.tables["agreements"].drop(engine)
    here.withdraw("mine")
    assert here.of("mine") is None
    assert known is not None
    there.look()
    assert known.given
    Base.metadata.tables["agreements"].create(engine)
    monkeypatch.setattr(agreements, "RETRY_S", 0.0)
    for one in (here, there):
        one._not_before = 0.0
    SharedAgreements(engine).give("mine", "5")
    assert here.of("mine") is None
    here.look()
    there.look()
    assert not known.given


def test_without_the_database_an_agreement_is_this_process_alone(
    two: tuple[Agreements, Agreements], engine: Engine
) -> None:
    here, there = two
    Base.metadata.drop_all(engine)
    assert here.give("mine", "5").given
    assert here.of("mine") is not None
    assert there.of("mine") is None


def test_the_process_looks_by_itself(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreements, "LOOK_S", 0.01)
    shared = SharedAgreements(engine)
    here = Agreements(lambda: shared)
    consent = here.give("mine", "5")
    shared.withdraw("mine")
    assert consent._withdrawn.wait(30)
