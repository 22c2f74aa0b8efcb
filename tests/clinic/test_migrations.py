"""Migrations: complete, and harmless to rows that are there."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clinic.services import audit, rest
from tests.clinic.cast import make_case, make_cast

FIRST = [("clinic", "0001_initial")]


def test_models_and_migrations_agree(db: None) -> None:
    out = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert "No changes" in out.getvalue()


Rows = dict[str, list[dict[str, Any]]]  # table -> rows, each column by its name


def rows() -> Rows:
    """Every row of our tables, as the database holds it."""
    with connection.cursor() as cursor:
        found: Rows = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith("clinic_"):
                cursor.execute(f'SELECT * FROM "{table}"')
                names = [column.name if hasattr(column, "name") else column[0] for column in cursor.description]
                found[table] = sorted((dict(zip(names, row, strict=True)) for row in cursor.fetchall()), key=repr)
        return found


def of_first(found: Rows, first: Rows) -> Rows:
    """The tables and columns that the first migration made."""
    names = {table: set(kept[0]) for table, kept in first.items() if kept}
    return {
        table: sorted(({k: v for k, v in row.items() if k in names[table]} for row in found[table]), key=repr)
        for table in names
    }


@pytest.fixture
def latest_afterwards(transactional_db: None) -> Iterator[None]:
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_every_step_back_and_forth_leaves_the_rows_as_they_were(latest_afterwards: None) -> None:
    cast = make_cast()
    case = make_case(cast)
    audit.record(actor=cast.clinician, action="view", obj=case.session, address="192.0.2.1")
    rest.pin(patient=cast.patient, session=None, by=cast.clinician)  # a row that the way back must not trip over
    before = rows()
    assert sum(len(found) for found in before.values()) > 30

    MigrationExecutor(connection).migrate(FIRST)
    first = rows()  # what came later is gone
    assert sum(len(found) for found in first.values()) > 30
    assert of_first(first, first) == of_first(before, first)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    assert of_first(rows(), first) == of_first(before, first)
