"""Where people are reached: what their addresses look like."""

import re


def email_address(text: str) -> str:
    """Raises ValueError."""
    if not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", text):
        raise ValueError("must be an address such as anna@example.com")
    return text


def slack_member(text: str) -> str:
    """Raises ValueError."""
    if not re.fullmatch(r"[UW][A-Z0-9]{2,30}", text):
        raise ValueError(
            "must be the member's ID, such as U012AB3CD (in Slack: profile, ⋮, Copy member ID)"
        )
    return text
