"""What defines the read tables is executed for a rebuild, too, beside the tables that are live."""

import re

import pytest

from projections import schema
from projections.all import PROJECTORS
from projections.protocol import Projector


@pytest.mark.parametrize("projector", PROJECTORS, ids=lambda one: one.name)
def test_a_definition_takes_nothing_away(projector: Projector) -> None:
    """What it would drop is not in the schema that is built: the live one's would be gone. Only of
    a table that the definition itself has made there, a constraint may give way to another."""
    definition = schema.ddl(projector.name).lower().decode()
    assert re.findall(r"\bdrop (?!constraint if exists)", definition) == []
    made = re.findall(r"create table if not exists (\w+)", definition)
    assert set(re.findall(r"alter table (\w+)", definition)) <= set(made)
