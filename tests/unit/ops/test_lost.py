"""Who asks for what is not there, or not as it is taken, is told what to do."""

from fastapi import APIRouter
from starlette.types import Message

from query_side.errors import NotFound
from tests.support.pages import is_guarded
from tests.unit.ops.test_application import app, client, post


async def test_who_is_lost_in_a_browser_gets_a_page_and_a_program_a_problem() -> None:
    browsers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    async with client() as http:
        page = await http.get("/views/nothing", headers=browsers)
        assert (page.status_code, page.headers["Vary"]) == (404, "Accept")
        assert is_guarded(page)
        assert "There is nothing at this address" in page.text
        assert '<a class="open" href="/">' in page.text
        assert "Desk &amp; Co" in page.text
        for method, path, headers in (
            ("GET", "/views/nothing", {}),
            ("POST", "/views/nothing", browsers),
            ("GET", "/docs/ui/nothing", browsers),  # is there, and has none of that name
        ):
            answer = await http.request(method, path, headers=headers)
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.status_code == 404


async def test_a_web_socket_where_none_is_is_told_so() -> None:
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        said.append(message)

    await app(guarded=True)({**post("/ws/alert"), "type": "websocket"}, receive, send)
    assert (said[0]["type"], said[0]["status"]) == ("websocket.http.response.start", 404)
    assert b"There is no WebSocket at this address" in said[1]["body"]


async def test_what_is_not_sent_as_json_is_told_how() -> None:
    async with client() as http:
        for kind in ({}, {"Content-Type": "application/x-www-form-urlencoded"}):
            answer = await http.post("/silences", content=b'{"by": "ann"}', headers=kind)
            [wrong] = answer.json()["errors"]
            assert (answer.status_code, wrong["loc"]) == (422, ["body"])
            assert wrong["msg"].endswith("send Content-Type: application/json")


async def test_of_very_much_that_is_wrong_the_first_hundred_are_told() -> None:
    async with client() as http:
        answer = await http.post("/silences", json={f"{n:x}": 0 for n in range(120)})
        wrong = answer.json()["errors"]
        assert (answer.status_code, len(wrong)) == (422, 100)


async def test_a_slash_too_many_leads_to_the_same_scheme_and_host() -> None:
    async with client() as http:
        for method, address, leads in (
            ("GET", "/docs/", "/docs"),
            ("POST", "/silences/?x=%2F", "/silences?x=%2F"),
            ("POST", "/tickets/T 1/acknowledge//", "/tickets/T%201/acknowledge"),
        ):
            answer = await http.request(method, address)
            assert (answer.status_code, answer.headers["Location"]) == (307, leads)
        for address in ("/nothing/", "//sla.test/docs/", "/"):
            answer = await http.get(f"http://sla.test{address}")
            assert answer.status_code == 404


def named() -> APIRouter:
    """What may have a slash in its name, and at its end."""
    router = APIRouter()

    @router.get("/on-call")
    async def everybody() -> str:
        return "all"

    @router.get("/on-call/{name:path}")
    async def one(name: str) -> str:
        if name != "EMEA/":
            raise NotFound(f"there is no rotation {name!r}")
        return name

    router.add_api_route("/tickets/{name:path}", one, methods=["GET"])
    return router


async def test_a_slash_too_many_leads_to_what_is_called_so_without_it() -> None:
    async with client(signed=named()) as http:
        for method, address, leads in (
            ("GET", "/on-call/", "/on-call"),
            ("GET", "/on-call/EMEA/ops//", "/on-call/EMEA/ops"),
            ("POST", "/tickets/T-1/acknowledge/", "/tickets/T-1/acknowledge"),
        ):
            answer = await http.request(method, address)
            assert (answer.status_code, answer.headers.get("Location")) == (307, leads)
        assert (await http.get("/on-call/EMEA/")).json() == "EMEA/"
        assert (await http.get("/on-call/ops")).status_code == 404
        assert (await http.delete("/on-call/ops/")).status_code == 405
