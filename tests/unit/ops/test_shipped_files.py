"""What a newcomer reads and copies is true: shipped configurations hold, documents agree."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from pydantic import BaseModel

from command_side.connect import reading
from command_side.connect.preset import presets
from command_side.connect.reading import Observed, Received
from command_side.connect.source import Source
from command_side.connect.unmapped import unmapped
from config import document, schema, validation
from config.loading import Loaded, load
from config.settings import Settings
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.conditions import FIELDS
from engine.sla.matching import of_routes
from tests.support.items import NINE
from tests.support.lives import LIVES

ROOT = Path(__file__).resolve().parents[3]
FULL = "ops/sla_config.full.yaml"
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = {name.upper() for name in Settings.model_fields}


def loaded(text: str) -> Loaded:
    return load(
        text,
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
        source_type=Source,
    )


@pytest.mark.parametrize("name", ["sla_config.yaml", FULL])
def test_a_shipped_configuration_is_valid_without_a_warning(name: str) -> None:
    assert loaded((ROOT / name).read_text(encoding="utf-8")).warnings == []


def blocks(value: object) -> Iterator[BaseModel]:
    """Every block in there that has a shape."""
    within: Iterable[Any] = ()
    if isinstance(value, BaseModel):
        yield value
        within = dict(value).values()
    elif isinstance(value, dict):
        within = cast("dict[Any, Any]", value).values()
    elif isinstance(value, tuple):
        within = cast("tuple[Any, ...]", value)
    for one in within:
        yield from blocks(one)


def test_the_full_configuration_shows_every_key() -> None:
    """That there is for a block, in some block of the kind."""
    read = document.parse((ROOT / FULL).read_text(encoding="utf-8"), name=FULL)
    file = validation.validate(read, name=FULL)
    shown = {(type(one), key) for one in blocks(file) for key in one.model_fields_set}
    kinds = [kind for kind in vars(schema).values() if isinstance(kind, type)]
    assert {
        (kind.__name__, key)
        for kind in kinds
        if issubclass(kind, schema.Block) and not kind.__subclasses__()
        for key in kind.model_fields
        if (kind, key) not in shown
    } == set()


def test_the_full_configuration_shows_every_key_of_channels_conditions_and_routes() -> None:
    file = yaml.safe_load((ROOT / FULL).read_text(encoding="utf-8"))
    told = file["notifications"]
    for kind, options in CHANNEL_TYPES.items():
        same = [each for each in told["channels"].values() if each["type"] == kind]
        keys = {field.alias or name for name, field in options.model_fields.items()}
        assert {key for each in same for key in each} == {"type", *keys}
    matched = {key for one in told["routes"] for key in {**one["match"], **one.get("unless", {})}}
    assert matched == {*of_routes(), "fields.region"}
    asked = {key for rule in file["rules"] for key in {**rule["when"], **rule.get("unless", {})}}
    assert asked == {*FIELDS, "fields.region"}


def test_the_full_configuration_shows_every_key_of_sources_and_names_every_desk() -> None:
    text = (ROOT / FULL).read_text(encoding="utf-8")
    sources = yaml.safe_load(text)["sources"].values()
    assert {key for one in sources for key in one} == {*Source.model_fields}
    assert [desk for desk in presets() if desk not in text] == []


def test_the_configuration_in_the_readme_is_valid() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert loaded(example).warnings == []


def test_every_default_ladder_level_of_the_shipped_configuration_has_a_name() -> None:
    policy = loaded((ROOT / "sla_config.yaml").read_text(encoding="utf-8")).policy
    ladders = [plan.ladder or () for plan in policy.plans.values()]
    levels = {rung.level for ladder in ladders for rung in ladder}
    assert levels | set(policy.default_levels.values()) <= set(policy.level_names)


def test_the_readme_explains_every_setting() -> None:
    table = "".join(re.findall(r"^\| `[A-Z].*$", README, re.MULTILINE))
    assert set(re.findall(r"`([A-Z_]+)`", table)) >= SETTINGS


def test_the_example_environment_shows_every_setting_with_its_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    shown = dict(re.findall(r'^([A-Z_]+)="?(.*?)"?$', example, re.MULTILINE))
    assert set(shown) == SETTINGS
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    defaults = Settings()
    for name, value in shown.items():
        monkeypatch.setenv(name, value)
    assert Settings() == defaults


def test_compose_passes_on_every_setting_but_the_two_that_it_sets_itself() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yaml").read_text(encoding="utf-8"))
    service = compose["services"]["sla-service"]
    assert service["env_file"] == [{"path": ".env", "required": False}]
    # What stands here wins over the file, so it has to repeat what the file says.
    fixed = {
        name
        for name, value in service["environment"].items()
        if not value.startswith(f"${{{name}:-")
    }
    assert fixed == {"DATABASE_URL", "SLA_CONFIG"}


def test_every_decision_record_is_short_and_complete() -> None:
    for record in sorted((ROOT / "ops" / "adr").glob("*.md")):
        text = record.read_text(encoding="utf-8")
        headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
        expected = ["Context", "Decision", "Consequences", "Alternatives", "References"]
        assert headings == expected, record.name
        assert len(text.splitlines()) <= 40, record.name


def test_every_decision_record_has_a_number_of_its_own() -> None:
    """The next one, without a gap, in its name as in its title."""
    records = sorted((ROOT / "ops" / "adr").glob("*.md"))
    assert [int(record.name.partition("-")[0]) for record in records] == [
        number for number, _ in enumerate(records, 1)
    ]
    for record in records:
        title = record.read_text(encoding="utf-8").partition("\n")[0]
        assert title.startswith(f"# {int(record.name.partition('-')[0])}. "), record.name


def test_links_between_documents_lead_somewhere() -> None:
    folders = (ROOT, ROOT / "docs", ROOT / "ops" / "adr")
    documents = [document for folder in folders for document in folder.glob("*.md")]
    links = {
        (document.name, document.parent / target.partition("#")[0])
        for document in documents
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text(encoding="utf-8"))
    }
    assert {link for link in links if not link[1].exists()} == set()


@pytest.mark.parametrize("desk", ["zendesk", "jira", "github", "servicenow", "freshdesk", "zammad"])
def test_the_block_to_paste_for_a_desk_maps_all_that_it_ships(desk: str) -> None:
    told = (ROOT / "docs/desks.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"```yaml\n(  {desk}:\n.*?)```", told, re.DOTALL)
    read = loaded((ROOT / "sla_config.yaml").read_text(encoding="utf-8") + f"\nsources:\n{block}")
    assert read.warnings == []
    (source,) = (one.options for one in read.sources)
    assert isinstance(source, Source)
    _, life = LIVES[desk]
    for headers, body in life():
        (found,) = reading.read(Received(headers, body, NINE), source.reading, source)
        assert isinstance(found, Observed)
        assert unmapped(found.came, source, read.policy) == []
