"""What defines the read tables is executed for a rebuild, too, beside the tables that are live."""

import pytest

from projections import schema
from projections.all import PROJECTORS
from projections.protocol import Projector


@pytest.mark.parametrize("projector", PROJECTORS, ids=lambda one: one.name)
def test_a_definition_takes_nothing_away(projector: Projector) -> None:
    """What it would drop is not in the schema that is built: the live one's would be gone."""
    assert b"drop" not in schema.ddl(projector.name).lower()
