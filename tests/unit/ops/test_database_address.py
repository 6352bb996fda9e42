"""DATABASE_URL in every spelling that people bring along."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from ops.embedded import BadAddress, conninfo_from, impatient


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("postgresql://u:p@h:5433/d", {"user": "u", "password": "p", "host": "h", "port": "5433"}),
        ("postgres://h/d", {"host": "h"}),
        ("postgresql+asyncpg://u:p%40%2F@h/d", {"user": "u", "password": "p@/", "host": "h"}),
        ("postgresql+psycopg://h/d?sslmode=require", {"host": "h", "sslmode": "require"}),
        ("postgresql+asyncpg://h/d?ssl=verify-full", {"host": "h", "sslmode": "verify-full"}),
        ("postgresql+asyncpg://h/d?ssl=true", {"host": "h", "sslmode": "require"}),
        ("postgresql+asyncpg:///d?host=/var/run/p&ssl=false", {"host": "/var/run/p"}),
        ("POSTGRESQL://[::1]/d?application_name=a%20b", {"host": "::1"}),
        ("host=/run/x dbname=d", {"host": "/run/x"}),
    ],
)
def test_every_spelling_of_an_address_is_understood(
    spelling: str, expected: dict[str, str]
) -> None:
    understood = conninfo_to_dict(conninfo_from(spelling))
    assert understood["dbname"] == "d"
    assert expected.items() <= understood.items()


@pytest.mark.parametrize(
    "spelling",
    ["mysql://u:secret@h/d", "sqlite:///secret", "secret", "postgresql://u:secret@h/d?pool=1", ""],
)
def test_what_is_no_address_is_refused_without_telling_the_password(spelling: str) -> None:
    with pytest.raises(ValueError, match="DATABASE_URL") as refusal:
        conninfo_from(spelling)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("spelling", "part"),
    [
        ("postgresql://u:secret%@h/d", "bare % in its password; percent-encode it: % is %25"),
        ("postgresql://u:%zzsecret@h/d", "bare % in its password"),
        ("postgresql://u%:secret@h/d", "bare % in its user"),
        ("postgresql://u:secret@h%/d", "bare % in its host"),
        ("postgresql://u:secret@h/d%", "bare % in its database name"),
        ("postgresql://u:sec/secret@h/d", "/ or @ in its user or password"),
        ("postgresql://u:sec@secret@h/d", "/ or @ in its user or password"),
        ("postgresql://u:a?secret=b@h/d", "if its ? is in the password, percent-encode it"),
        ("postgresql+asyncpg://u:secret@h/d?command_timeout=5", "not know: command_timeout"),
    ],
)
def test_the_part_that_is_wrong_is_named_but_the_password_is_not_told(
    spelling: str, part: str
) -> None:
    with pytest.raises(BadAddress) as refusal:
        conninfo_from(spelling)
    assert part in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_machine_that_falls_silent_is_given_up_soon_unless_the_address_says_otherwise() -> None:
    address = conninfo_from("postgresql://u:p%40@h/d?connect_timeout=60&keepalives=0")
    understood = conninfo_to_dict(impatient(address))
    assert conninfo_to_dict(address).items() <= understood.items()
    assert (understood["connect_timeout"], understood["keepalives"]) == ("60", "0")
    assert (understood["tcp_user_timeout"], understood["keepalives_idle"]) == ("10000", "5")
    assert understood["target_session_attrs"] == "read-write"
