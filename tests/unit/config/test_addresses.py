"""Where a channel is reached, from variables that may come from files."""

import pytest

from config.addresses import NoAddress, Variables

GOOD = {"OPS_URL": "https://ops.example.com/hook", "OPS_SECRET": "hush"}


def used(variables: Variables) -> tuple[str, str]:
    return variables.address("OPS_URL"), variables.text("OPS_SECRET")


@pytest.mark.parametrize("around", ["{}", "{}\n", "{}\r\n", " {}\t", "\ufeff{}\n"])
def test_what_stands_around_a_value_does_not_count(around: str) -> None:
    given = {name: around.format(value) for name, value in GOOD.items()}
    assert used(Variables(given)) == ("https://ops.example.com/hook", "hush")


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OPS_URL", "", "is not set"),
        ("OPS_URL", " \n", "is not set"),
        ("OPS_URL", "ops.example.com/secret", "must begin with https://"),
        ("OPS_URL", "https:///secret", "names no host, or a port that is none"),
        ("OPS_URL", "https://ops.example.com:secret", "names no host, or a port that is none"),
        ("OPS_URL", "https://ops.example.com/\nsecret", "holds a line break or another control"),
        ("OPS_URL", "https://ops.example.com/ secret", "holds a space"),
        ("OPS_URL", "https://ops.example.com/\udcffsecret", "is no text in UTF-8"),
        ("OPS_SECRET", "", "is not set"),
        ("OPS_SECRET", "secret\nsecret", "holds a line break or another control character"),
        ("OPS_SECRET", "secret\udcff", "is no text in UTF-8"),
    ],
)
def test_what_cannot_be_used_is_said_by_its_variable_and_not_repeated(
    variable: str, value: str, said: str
) -> None:
    with pytest.raises(NoAddress) as refused:
        used(Variables(GOOD | {variable: value}))
    assert str(refused.value).startswith(f"{variable} {said}")
    assert "secret" not in str(refused.value)
