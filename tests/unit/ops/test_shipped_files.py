"""What a newcomer reads and copies is true: shipped configurations hold, documents agree."""

import re
from pathlib import Path

import pytest
import yaml

from config.loading import Loaded, load
from config.settings import Settings
from engine.notify.channel_types import CHANNEL_TYPES

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SETTINGS = {name.upper() for name in Settings.model_fields}


def loaded(text: str) -> Loaded:
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


@pytest.mark.parametrize("name", ["sla_config.yaml", "ops/sla_config.full.yaml"])
def test_a_shipped_configuration_is_valid_without_a_warning(name: str) -> None:
    assert loaded((ROOT / name).read_text(encoding="utf-8")).warnings == []


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


def test_links_between_documents_lead_somewhere() -> None:
    documents = [*ROOT.glob("*.md"), *(ROOT / "ops" / "adr").glob("*.md")]
    links = {
        (document.name, document.parent / target.partition("#")[0])
        for document in documents
        for target in re.findall(r"\]\((?!https?:)([^)]+)\)", document.read_text(encoding="utf-8"))
    }
    assert {link for link in links if not link[1].exists()} == set()
