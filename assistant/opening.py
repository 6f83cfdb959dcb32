"""Open accounts: find providers by name, give each its settings and its secrets."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import pkgutil
from typing import TYPE_CHECKING, Any

from assistant.errors import AuthError, ConfigError, MissingExtraError
from assistant.ports import Account, Calendar, Contacts, DraftBox, Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

    from assistant.keeping import Keeper
    from assistant.ports import Clock, Connect, Secrets
    from assistant.settings import AccountSettings, Places, Settings

_FOR_TESTS = ("memory",)
_EXTRAS = {"google": "google", "exchange": "exchange", "microsoft365": "microsoft365"}


def connect(account: AccountSettings, settings: Settings, places: Places, problems: list[str], now: Clock) -> Account:
    """Open one account with the provider named in the settings.

    Raises:
        ConfigError: there is no such provider, or its keys are wrong.
        MissingExtraError: its library is not installed.
        AuthError: it is not signed in.
    """
    with named(account):
        open_account: Connect = provider(account.provider).connect
        keys, kept = provider_keys(account, places), account_secrets(account, keeper(places))
        return open_account(keys, settings.zone(), kept, settings.user.region, problems.append, now)


@contextlib.contextmanager
def named(account: AccountSettings) -> Iterator[None]:
    """Say in errors whose settings are wrong, and in the place of a library's absence how to install it."""
    try:
        yield
    except MissingExtraError:
        raise
    except ConfigError as error:
        problems = [f"account {account.name}: {problem}" for problem in error.problems]
        raise ConfigError(problems, error.source) from error
    except ModuleNotFoundError as error:
        raise MissingExtraError(account.provider, _EXTRAS.get(account.provider, account.provider)) from error


def provider(name: str) -> ModuleType:
    """Import a provider's package.

    Raises:
        ConfigError: there is none of that name.
        ModuleNotFoundError: its library is not installed.
    """
    if name not in (*providers(), *_FOR_TESTS):
        raise ConfigError([f"there is no provider {name!r}. Known: {', '.join(providers())}"])
    return importlib.import_module(f"providers.{name}")


def providers() -> list[str]:
    """Return the names of the providers that a user can choose."""
    found = importlib.util.find_spec("providers")
    folders = (found.submodule_search_locations if found else None) or ()
    return sorted(each.name for each in pkgutil.iter_modules(folders) if each.ispkg and each.name not in _FOR_TESTS)


def provider_keys(account: AccountSettings, places: Places) -> dict[str, object]:
    """Return an account's own keys; files that its provider needs lie beside the config file unless named."""
    files: Mapping[str, str] = getattr(provider(account.provider), "FILES", {})
    return {key: str(places.config.parent / name) for key, name in files.items()} | account.keys


def keeper(places: Places, warn: Callable[[str], None] | None = None) -> Keeper:
    """Return all secrets; `warn` is told where they cannot go into the keyring."""
    from assistant.keeping import Keeper  # noqa: PLC0415  commands that only read the ledger need none of it

    return Keeper(places.data, warn)


def account_secrets(account: AccountSettings, kept: Secrets) -> Secrets:
    """Return the secrets of one account."""
    from assistant.keeping import Scoped  # noqa: PLC0415  as above

    return Scoped(kept, account.name)


class _Closed:
    """A service of an account that nobody is signed in to: whatever is asked of it, it says so.

    Args:
        error: what to say.
    """

    def __init__(self, error: AuthError) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., object]:
        if not any(hasattr(port, name) for port in (Mailbox, DraftBox, Calendar, Contacts)):
            raise AttributeError(name)  # what only some services can do, this one cannot

        def refuse(*_: object, **__: object) -> object:
            raise self._error

        return refuse


def _closed(account: AccountSettings, error: AuthError) -> Account:
    """Return the services that the account would have: one too few or too many, and the pass would plan otherwise."""
    service: Any = _Closed(error)
    wanted = account.keys.get("services")
    known = ("mail", "calendar", "contacts")
    has = wanted if isinstance(wanted, list | tuple) else known
    mail, calendar, contacts = ((service if name in has else None) for name in known)
    return Account(mailbox=mail, drafts=mail, calendar=calendar, contacts=contacts)


def accounts(settings: Settings, places: Places, problems: list[str], now: Clock) -> dict[str, Account]:
    """Open all accounts. One that nobody is signed in to stops no other: a pass tells of it when it reads it.

    Raises:
        ConfigError: what is wrong with any of them, all at once.
    """
    opened: dict[str, Account] = {}
    faults: list[str] = []
    for account in settings.accounts():
        try:
            opened[account.name] = connect(account, settings, places, problems, now)
        except MissingExtraError:
            raise
        except AuthError as error:
            opened[account.name] = _closed(account, error)
        except ConfigError as error:
            faults += error.problems if error.source is None else [str(error)]
    if faults:
        raise ConfigError(faults)
    return opened
