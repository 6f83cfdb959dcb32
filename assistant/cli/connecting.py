"""`connect` and `logout`: sign in to an account and out again."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import TYPE_CHECKING, Any

import click

from assistant import opening
from assistant.cli import document, output, starting
from assistant.cli.session import Session, json_option
from assistant.cli.views import ConnectView, LogoutView
from assistant.errors import UsageError
from assistant.keeping import KEYRING
from assistant.settings import AccountSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.ports import SignIn, SignOut

_NEXT = "ringback sync --dry-run"


class Terminal:
    """The user at the terminal; see `assistant.ports.Person`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def tell(self, text: str) -> None:
        """Show text on stderr."""
        output.chat(text)

    def browse(self, url: str) -> bool:
        """Open the user's browser, where there is a screen or BROWSER names one."""
        names = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
        if sys.platform not in {"darwin", "win32"} and not any(os.environ.get(name) for name in names):
            return False
        try:
            return webbrowser.open(url)
        except webbrowser.Error:
            return False

    def paste(self, prompt: str, *, hidden: bool = False, default: str | None = None) -> str:
        """Ask for a line.

        Raises:
            UsageError: nobody sits at a terminal, or may be asked.
        """
        if not self._session.asks:
            raise UsageError(
                f"An answer has to be pasted ({prompt}). Run it at a terminal, without --no-input and --json"
            )
        answer: str = click.prompt(prompt, err=True, hide_input=hidden, default=default, show_default=bool(default))
        return answer


@click.command("connect")
@click.argument("provider")
@click.option("--account", metavar="NAME", help="Which account of the configuration, or the name of a new one.")
@click.option("--own-calendar", metavar="NAME", help="Make a calendar of this name, and put the calls there.")
@click.option("--headless", is_flag=True, help="Agree in a browser on another machine.")
@click.option("--no-input", is_flag=True, help="Ask nothing.")
@json_option
@click.pass_obj
def connect_command(
    session: Session,
    *,
    provider: str,
    account: str | None,
    own_calendar: str | None,
    headless: bool,
    no_input: bool,
) -> None:
    """Sign in to an account of PROVIDER, such as google, exchange or microsoft365; what it may do is said before.

    The account is put into the configuration if it is not there. Run it again to sign in anew.

    Example: ringback connect google
    """
    session.may_ask = session.may_ask and not no_input
    sign_in = _sign_in_of(provider)
    path = session.places.config
    config, existed = document.load(path)
    table = document.account_of(config, provider, account, fresh=not existed)
    if own_calendar is not None:
        document.change(table, {"calendar": own_calendar, "own_calendar": True})
    signing = _account(table)
    warnings: list[str] = []
    kept = opening.keeper(session.places, warnings.append)
    with opening.named(signing):
        keys = opening.provider_keys(signing, session.places)
        secrets = opening.account_secrets(signing, kept)
        who = sign_in(keys, secrets, Terminal(session), headless=headless)
    if not existed:
        _introduce(session, config, who)
    document.save(config, path)
    for warning in warnings:
        output.chat(f"warning: {warning}")
    view = ConnectView(
        schema="ringback/connect/1",
        account=signing.name,
        provider=provider,
        who=who,
        kept=str(kept.path) if warnings else KEYRING,
        config=str(path),
        next=_NEXT,
    )
    session.show(view, lambda: _connected(session, view, existed=existed))


def _sign_in_of(name: str) -> SignIn:
    with opening.named(AccountSettings(name=name, provider=name)):
        sign_in: SignIn | None = getattr(opening.provider(name), "sign_in", None)
    if sign_in is None:
        raise UsageError(f"The provider {name} needs no sign-in. Set it up with: ringback init")
    return sign_in


def _account(table: Any) -> AccountSettings:  # noqa: ANN401  a table of tomlkit
    keys = {key: value for key, value in table.unwrap().items() if key not in {"name", "provider"}}
    provider = str(table["provider"])
    return AccountSettings(name=str(table.get("name") or provider), provider=provider, keys=keys)


def _introduce(session: Session, config: Any, who: str) -> None:  # noqa: ANN401  a document of tomlkit
    """Say in a new configuration who the user is, as `init` does."""
    options = starting.Options(address=(who,) if "@" in who else ())
    user = document.user(config)
    document.change(user, starting.about(starting.Asker(session, again=False), options, user, fresh=True))


def _connected(session: Session, view: ConnectView, *, existed: bool) -> Iterator[str]:
    yield f"Connected: {view.who}, as the account {view.account}."
    kept = "the keyring of this system" if view.kept == KEYRING else view.kept
    yield f"The sign-in is kept in {kept}."
    yield f"{'The account stands in' if existed else 'A configuration is written to'} {view.config}."
    others = [each.name for each in session.settings.accounts() if each.name != view.account]
    if others and not session.settings.calendar.account:
        yield f'Several accounts: say which calendar gets the calls, with account = "{view.account}" in [calendar].'
    yield f"Next: {view.next}"


@click.command("logout")
@click.argument("account", required=False)
@json_option
@click.pass_obj
def logout_command(session: Session, *, account: str | None) -> None:
    """Sign out of ACCOUNT: the right is taken back at the service, and what was kept here is deleted.

    The account stays in the configuration; `ringback connect` signs in again.

    Example: ringback logout google
    """
    chosen = _chosen(session, account)
    with opening.named(chosen):
        sign_out: SignOut = opening.provider(chosen.provider).sign_out
        secrets = opening.account_secrets(chosen, opening.keeper(session.places))
        told = sign_out(opening.provider_keys(chosen, session.places), secrets)
    view = LogoutView(schema="ringback/logout/1", accounts={chosen.name: told})
    session.show(view, lambda: [told or f"Nobody was signed in to {chosen.name}."])


def _chosen(session: Session, name: str | None) -> AccountSettings:
    """Return the account of that name, or without a name the only one that has a sign-in."""
    accounts = {each.name: each for each in session.settings.accounts()}
    if name is not None and name not in accounts:
        raise UsageError(f"There is no account {name!r} in the configuration. There are: {', '.join(accounts)}")
    signed = [each for each in accounts.values() if _signs_in(each)]
    if name is not None:
        if accounts[name] not in signed:
            raise UsageError(f"The account {name} needs no sign-in, so there is nothing to sign out of.")
        return accounts[name]
    if not signed:
        raise UsageError("No account of the configuration needs a sign-in.")
    if len(signed) > 1:
        raise UsageError(f"Say which account: {', '.join(each.name for each in signed)}")
    return signed[0]


def _signs_in(account: AccountSettings) -> bool:
    with opening.named(account):
        return hasattr(opening.provider(account.provider), "sign_out")
