"""Pages as tests read them."""

from __future__ import annotations

from django.test import Client


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()
