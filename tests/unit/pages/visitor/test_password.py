"""The owner's password: its cookie, the count of wrong ones, and the page that asks for it."""

from __future__ import annotations

import pytest

from pages.ui import resources
from pages.ui.visitor import owner, password
from pages.ui.visitor.password import MAX_WRONG, WINDOW_S, Tries, cookie_name, cookie_of, form
from recommender.settings import settings_from

SAID, SECRET, OTHER = "correct horse battery", b"s" * 32, b"o" * 32


def test_a_few_wrong_ones_close_the_door_for_a_while() -> None:
    now = 0.0
    tries = Tries(lambda: now)
    for _ in range(MAX_WRONG):
        assert tries.is_open
        tries.note_wrong()
        now += 1.0
    assert not tries.is_open
    now = WINDOW_S - 0.1
    assert not tries.is_open
    now = WINDOW_S
    assert tries.is_open
    tries.note_wrong()
    assert not tries.is_open


def test_the_cookie_is_of_the_password_and_the_secret_and_tells_neither() -> None:
    value = cookie_of(SAID, SECRET)
    assert value == cookie_of(SAID, SECRET)
    assert len({value, cookie_of(SAID, OTHER), cookie_of(SAID + "!", SECRET)}) == 3
    assert cookie_name(SECRET) != cookie_name(OTHER)
    assert SAID not in value


@pytest.mark.parametrize(
    ("said", "sent", "owns"),
    [
        (SAID, {cookie_name(SECRET): cookie_of(SAID, SECRET)}, True),
        (SAID, {cookie_name(SECRET): cookie_of(SAID, OTHER)}, False),
        (SAID, {cookie_name(SECRET): cookie_of("another password", SECRET)}, False),
        (SAID, {cookie_name(SECRET): ""}, False),
        (SAID, {"moodring_owner": cookie_of(SAID, SECRET)}, False),
        (SAID, {}, False),
        (None, {cookie_name(SECRET): cookie_of(SAID, SECRET)}, False),
    ],
)
def test_only_the_cookie_of_the_present_password_makes_an_owner(
    monkeypatch: pytest.MonkeyPatch, said: str | None, sent: dict[str, str], owns: bool
) -> None:
    monkeypatch.setattr(password, "known", lambda: said)
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)
    assert owner.is_owner_by(sent) is owns


def test_without_usable_settings_nobody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = {"MOODRING_OWNER_PASSWORD": SAID}
    monkeypatch.setattr(resources, "settings", lambda: settings_from(environ))
    assert password.known() == SAID
    environ["MOODRING_DEMO"] = "perhaps"
    assert password.known() is None


@pytest.mark.parametrize(
    ("code", "direction", "word"), [("en", "ltr", "Password"), ("ar", "rtl", "كلمة المرور")]
)
def test_the_page_is_in_the_visitors_language(code: str, direction: str, word: str) -> None:
    page = form(code)
    assert f'<html lang="{code}" dir="{direction}">' in page
    assert word in page
    assert "alert" not in page
    assert 'role="alert"' in form(code, "owner-wrong-password")
