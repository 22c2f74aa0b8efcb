"""The cast, and clients that are logged in as one of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from clinic import dispatch
from clinic.models import User
from tests.clinic.cast import Case, Cast, make_case, make_cast
from tests.clinic.tensors import ship


@pytest.fixture(autouse=True)
def shipped_cards(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One system has weights that came with the program, whatever ships with this version."""
    settings.SHIPPED_WEIGHTS = folder = tmp_path_factory.mktemp("shipped")
    ship(folder)
    return folder


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def case(cast: Cast) -> Case:
    return make_case(cast)


@pytest.fixture
def as_user() -> Callable[[User | None], Client]:
    """A client logged in as this person, or as nobody."""

    def logged_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return logged_in


@pytest.fixture
def office(cast: Cast, as_user: Callable[[User | None], Client]) -> Client:
    """Logged in as the administrator."""
    return as_user(cast.administrator)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, str]]]:
    """What was sent to the broker: (task name, ids). No broker is needed."""
    messages: list[tuple[str, dict[str, str]]] = []

    def publish(name: str, **ids: str) -> bool:
        messages.append((name, ids))
        return True

    monkeypatch.setattr(dispatch, "publish", publish)
    return messages
