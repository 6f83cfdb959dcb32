"""The settings: what is right is read, and what is wrong is told all at once with what to write."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import jsonschema
import msgspec
import pytest

from assistant import settings
from assistant.errors import ConfigError
from assistant.model.planning import Bucket

README = Path(__file__).parents[2] / "README.md"
LEAST = '[[account]]\nprovider = "local"\n'


def example() -> bytes:
    """Return the example that the README documents."""
    blocks = re.findall(r"```toml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if "[[account]]" in block]
    return str(found).encode()


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as wrong:
        settings.decode(text.encode(), "config.toml")
    assert wrong.value.source == "config.toml"
    return list(wrong.value.problems)


# --- what is right


def test_an_account_is_all_that_is_needed() -> None:
    """A file with nothing but an account has working defaults."""
    read = settings.decode(LEAST.encode(), "config.toml")
    assert [(one.name, one.provider, one.keys) for one in read.accounts()] == [("local", "local", {})]
    assert (read.slot.at, read.slot.minutes, str(read.zone())) == ("16:00", 45, "UTC")
    assert read.hours.working["fri"] == ("09:00", "17:00")
    assert "sat" not in read.hours.working


def test_the_documented_example() -> None:
    """The README's example is read, and valid under the schema that editors use."""
    read = settings.decode(example(), "config.toml")
    assert read.user.name == "Dana Whitfield"
    assert [one.provider for one in read.accounts()] == ["local"]
    jsonschema.Draft202012Validator.check_schema(settings.schema())
    plain = msgspec.to_builtins(msgspec.toml.decode(example()))
    jsonschema.Draft202012Validator(settings.schema()).validate(plain)


def test_the_schema_refuses_what_the_program_refuses() -> None:
    """An unknown key is as wrong for an editor as for the program."""
    validator = jsonschema.Draft202012Validator(settings.schema())
    assert not validator.is_valid({"account": [{"provider": "local"}], "slott": {}})
    assert not validator.is_valid({"account": [{"provider": "local"}], "rules": {"vip_nmbers": []}})
    assert validator.is_valid({"account": [{"provider": "local"}], "rules": {"vip_numbers": []}})


def test_everything_documented_is_a_key() -> None:
    """Each key of the README's table is one of the settings."""
    keys = re.findall(
        r"^\| `((?:user|calendar|slot|hours|mail|drafts|serve|rules)\.\w+)`", README.read_text(), re.MULTILINE
    )
    assert len(keys) > 20
    read = settings.decode(LEAST.encode(), "config.toml")
    for key in keys:
        section, _, name = key.partition(".")
        assert hasattr(getattr(read, section), name), key


def test_values_are_read() -> None:
    """Accounts keep their provider's own keys, and each section its values."""
    text = """
[[account]]
name = "home"
provider = "local"
maildir = "~/Maildir"
[user]
zone = "Europe/Dublin"
own_numbers = ["+14155550123"]
[hours]
working = {mon = ["08:00", "12:00"]}
holidays = [2026-12-25]
[calendar]
account = "home"
[rules]
default = "today"
"""
    read = settings.decode(text.encode(), "config.toml")
    (account,) = read.accounts()
    assert (account.name, account.keys) == ("home", {"maildir": "~/Maildir"})
    assert (str(read.zone()), read.own_numbers()) == ("Europe/Dublin", ("+14155550123",))
    assert (read.hours.working, read.hours.holidays) == ({"mon": ("08:00", "12:00")}, (date(2026, 12, 25),))
    assert (read.calendar.account, read.rules.default) == ("home", Bucket.TODAY)


# --- what is wrong


def test_all_mistakes_are_told_at_once() -> None:
    """Wrong types, forms, keys and values are told together, whichever layer finds them."""
    text = """
[[account]]
provider = "local"
[user]
zone = "Europe/Dublln"
region = "ie"
own_numbers = ["555-0123"]
[slot]
at = "25:99"
minutes = 12
[hours]
holidays = ["2026-13-01"]
[rules]
vip_nmbers = ["+14155550123"]
"""
    assert mistakes(text) == [
        "hours.holidays[0]: '2026-13-01' is not a 'date'",
        "rules.vip_nmbers: there is no such key. Did you mean 'vip_numbers'?",
        "slot.at: '25:99' is not right. Write a wall-clock time, \"HH:MM\"",
        "slot.minutes: 12 is not a multiple of 5",
        "user.own_numbers[0]: '555-0123' is not right. Write an international number such as +14155550123",
        "user.region: 'ie' is not right. Write an ISO 3166 code such as IE",
        "user.zone: 'Europe/Dublln' is no IANA time zone. Write one such as Europe/Dublin",
    ]


def test_the_message_counts_and_names_the_file() -> None:
    """Several mistakes are a list under the file's name, one stands beside it."""
    with pytest.raises(ConfigError) as wrong:
        settings.decode(b"[slot]\nat = '9'\n", "config.toml")
    assert str(wrong.value).startswith("config.toml: 2 mistakes\n  account: write at least one [[account]]")
    with pytest.raises(ConfigError, match=r"^config\.toml: account: write at least one \[\[account\]\] table"):
        settings.decode(b"", "config.toml")


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[slott]\nat = '16:00'\n", "slott: there is no such key. Did you mean 'slot'?"),
        ("[user]\nzzz = 1\n", "user.zzz: there is no such key. Known keys: addresses, authserv_ids, language, name"),
        (
            "[[rules.signals]]\nname = 'x'\nbucket = 'now'\nreason = 'x'\n",
            "rules.signals[0]: 'words' is a required property",
        ),
        ("[user]\nzone = 'Dublin'\n", "user.zone: 'Dublin' is no IANA time zone"),
        ("[user]\nzone = '../etc/passwd'\n", "user.zone: '../etc/passwd' is no IANA time zone"),
        ("[user]\nzone = 3\n", "user.zone: 3 is not of type 'string'"),
        ("[hours.working]\nmum = ['09:00', '17:00']\n", "hours.working: Invalid enum value 'mum'"),
        ("[hours]\nworking = {}\n", "hours.working: name at least one day"),
        ("[hours.working]\nmon = ['17:00', '09:00']\n", "hours.working.mon: 17:00 is not before 09:00"),
        ("[hours.working]\nmon = ['09:00']\n", "hours.working.mon: ['09:00'] is too short"),
        ("[hours]\ncallee = ['18:00', '18:00']\n", "hours.callee: 18:00 is not before 18:00"),
        ("[slot]\nmin_minutes = 60\n", "slot: write min_minutes, minutes and max_minutes in rising order"),
        ("[slot]\nminutes = 0\n", "slot.minutes: 0 is less than the minimum of 5"),
        ("[serve]\ndigest = 'pigeon'\n", "serve.digest: 'pigeon' is not one of"),
        ("[mail]\nlook_back_days = 0\n", "mail.look_back_days: 0 is less than the minimum of 1"),
        ("[calendar]\naccount = 'work'\n", "calendar.account: there is no account named 'work'"),
        ("[rules.minutes]\nvoicmail = 5\n", "rules.minutes: Invalid enum value 'voicmail'"),
        ("[[account]]\nprovider = 'local'\n", "account[1].name: 'local' stands twice. Give each account its own name"),
        ("[[account]]\nname = 'x'\n", "account[1].provider: write the name of a provider"),
        ("[[account]]\nprovider = '../x'\n", "account[1].provider: write the name of a provider"),
    ],
)
def test_each_mistake_says_where_it_is(text: str, mistake: str) -> None:
    """A mistake is told once, by its key and with what to write instead."""
    (told,) = mistakes(LEAST + text)
    assert told.startswith(mistake)


def test_what_follows_from_a_mistake_is_not_told() -> None:
    """Accounts that cannot be read are one mistake, and so is a slot without a readable length."""
    assert mistakes("account = 3\n") == ["account: 3 is not of type 'array'"]
    assert mistakes(LEAST + "[slot]\nmin_minutes = 60\nminutes = 'x'\n") == [
        "slot.minutes: 'x' is not of type 'integer'"
    ]


def test_bad_toml_is_told_with_its_line() -> None:
    """A slip of the pen is told with line and column."""
    (told,) = mistakes("[user]\nname = Dana\n")
    assert told.startswith("is not valid TOML: ")
    assert "line 2, column 8" in told


def test_text_that_is_not_utf_8() -> None:
    """A file in another encoding is told as such."""
    with pytest.raises(ConfigError, match=r"is not UTF-8 text\. Save it as UTF-8"):
        settings.decode('[user]\nname = "Müller"\n'.encode("latin-1"), "config.toml")


# --- files and places


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    """Without a config the message names the command that writes one."""
    with pytest.raises(ConfigError, match=r"there is no config yet \(.*config\.toml\)\. Run: ringback init"):
        settings.load(tmp_path / "config.toml")


def test_a_config_that_is_a_folder(tmp_path: Path) -> None:
    """What cannot be read is told with its path."""
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}: cannot be read")):
        settings.load(tmp_path)


def test_load_reads_the_file(tmp_path: Path) -> None:
    """A file is read from where it lies, and its mistakes carry its path."""
    path = tmp_path / "config.toml"
    path.write_text(LEAST, encoding="utf-8")
    assert settings.load(path) == settings.decode(LEAST.encode(), "x")
    path.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(str(path))):
        settings.load(path)


def test_the_flag_wins_over_the_environment(tmp_path: Path) -> None:
    """--config comes before RINGBACK_CONFIG, and the data lies beside the file that is named."""
    flag, variable = tmp_path / "flag" / "a.toml", tmp_path / "variable" / "b.toml"
    environment = {"RINGBACK_CONFIG": str(variable)}
    assert settings.places(environment, flag).config == flag
    places = settings.places(environment)
    assert (places.config, places.ledger) == (variable, tmp_path / "variable" / "data" / "ledger.sqlite")
    assert (places.templates, places.cache) == (variable.parent / "templates", variable.parent / "cache")


def test_the_platforms_folders_without_both(fresh_home: str) -> None:
    """Without flag and variable, or with an empty one, the files lie in the user's own folders."""
    for environment in ({}, {"RINGBACK_CONFIG": ""}):
        places = settings.places(environment)
        assert places.config.name == "config.toml"
        assert all(str(path).startswith(fresh_home) for path in (places.config, places.data, places.cache))
        assert len({places.config.parent, places.data, places.cache}) == 3


def test_home_and_relative_paths(fresh_home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tilde is the home folder, and a relative path is one below the current folder, for good."""
    monkeypatch.chdir(tmp_path)
    assert settings.places({}, Path("~/a.toml")).config == Path(fresh_home) / "a.toml"
    assert settings.places({"RINGBACK_CONFIG": "a.toml"}).data == tmp_path / "data"
