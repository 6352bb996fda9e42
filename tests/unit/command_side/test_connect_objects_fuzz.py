"""Whatever an API answers is read, ignored, or refused with a reason: nothing raises."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from command_side.connect.news import Known
from command_side.connect.objects import read_objects
from command_side.connect.reading import Observed, Received
from command_side.connect.source import Source
from command_side.intake.item import checked
from tests.support.desk_apis import GitHub, Jira, Zendesk
from tests.support.items import at
from tests.support.thoroughly import thoroughly
from tests.unit.command_side.test_connect_fuzz import NOW, anything, places, without


def jira() -> dict[str, Any]:
    api = Jira()
    issue = api.issue(7, at(130))
    issue["fields"]["comment"]["comments"] = [issue["fields"]["comment"].pop("later")]
    logs = api.changelogs({"issueIdsOrKeys": ["1"], "nextPageToken": "more"}, at(130))
    issue["changelog"] = {"histories": logs["issueChangeLogs"][0]["changeHistories"]}
    return issue


WHOLE: dict[str, Any] = {
    "zendesk": {"ticket": Zendesk().ticket(5158), "audits": Zendesk().audits()},
    "jira": jira(),
    "github": {
        "issue": GitHub().issue(7),
        "repository": {"full_name": "acme/desk"},
        "timeline": list(GitHub().timeline()),
    },
}
PLACES = {desk: list(places(one)) for desk, one in WHOLE.items()}


@pytest.mark.parametrize("desk", WHOLE)
@thoroughly
@given(data=st.data())
def test_a_spoilt_object_never_raises(desk: str, data: st.DataObject) -> None:
    one = WHOLE[desk]
    for path in data.draw(st.lists(st.sampled_from(PLACES[desk]), max_size=8)):
        one = without(one, path, *data.draw(st.lists(anything, max_size=1)))
    found = read_objects(Received({}, one, NOW), Source(desk=desk, unsigned=True))

    assert found
    items = [{"revision": 0, **each.item} for each in found if isinstance(each, Observed)]
    for item in Known().news(items):
        checked({**item, "source": desk})
