"""`init`: write the configuration, asking only what cannot be found out, and show at once who is owed a call."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from assistant import bootstrap
from assistant.cli import callers, document, gather, output, surroundings, syncing
from assistant.cli.session import Session, json_option
from assistant.cli.views import InitView
from assistant.errors import UsageError
from assistant.ledger import heard
from assistant.model.heard import Disposition
from assistant.pipeline import run_pass

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.ledger.journal import Ledger

_NEXT = "ringback sync"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """The options of the command, by their names; None and empty where not given."""

    maildir: str | None = None
    calendar: str | None = None
    busy: tuple[str, ...] = ()
    contacts: str | None = None
    name: str | None = None
    address: tuple[str, ...] = ()
    zone: str | None = None
    region: str | None = None
    language: str | None = None
    scan: bool = True


@click.command("init")
@click.option("--maildir", metavar="PATH", help="The Maildir that gets the voicemail mails.")
@click.option("--calendar", metavar="PATH", help="The folder of events (vdir) that gets slots and holds.")
@click.option("--busy", metavar="PATH", multiple=True, help="Another calendar that counts as busy; may be repeated.")
@click.option("--contacts", metavar="PATH", help="A folder of contact cards (.vcf).")
@click.option("--name", help="Your name, as it stands under drafts.")
@click.option("--address", multiple=True, help="Your mail address; may be repeated.")
@click.option("--zone", help="Your time zone (IANA).")
@click.option("--region", help="What a national number means (ISO 3166-1).")
@click.option("--language", help="Language of holds and drafts.")
@click.option("--scan/--no-scan", default=True, help="Whether to look, reading only, who is owed a call.")
@json_option
@click.pass_context
def init_command(context: click.Context, /, **_parameters: object) -> None:
    """Write the configuration, then look - reading only - how many people are owed a call.

    It asks only what it cannot find out. Run it again to change something: comments and other keys stay.

    Example: ringback --no-input init --maildir ~/Maildir --calendar ~/.calendars/work --address ann@firm.example
    """
    session = context.ensure_object(Session)
    options = msgspec.convert(context.params, Options)
    path = session.places.config
    config, existed = document.load(path)
    _fill(Asker(session, again=existed), options, config, session.places.data)
    document.save(config, path)
    output.chat(f"{'Updated' if existed else 'Written'}: {path}")
    ledger = _scan(session) if options.scan else None
    view = InitView(
        schema="ringback/init/1",
        config=str(path),
        created=not existed,
        scanned=ledger is not None,
        people=len(ledger.owed()) if ledger else None,
        review=len(heard.messages(ledger, Disposition.BIN)) if ledger else None,
        next=_NEXT,
    )
    session.show(view, lambda: _lines(session, view, ledger))


class Asker:
    """Decides each value: the option, else what stands in the file, else what was found, and asks where it may."""

    def __init__(self, session: Session, *, again: bool) -> None:
        self._asks = session.asks
        self._again = again

    def value(self, given: str | None, present: str, found: str, question: str, *, confirm: bool = False) -> str:
        """Return one value; a question is put when nothing was found, on a later run, or where `confirm` is wanted."""
        if given is not None:
            return given
        proposal = present or found
        if self._asks and (confirm or self._again or not proposal):
            answer: str = click.prompt(question, default=proposal, show_default=bool(proposal), err=True)
            return answer.strip()
        return proposal


def _fill(asker: Asker, options: Options, config: Any, data: Path) -> None:  # noqa: ANN401  a document of tomlkit
    """Put all values into the document."""
    home, fresh = Path.home(), not asker._again  # noqa: SLF001  a class of this module
    account, user = document.account(config), document.user(config)
    maildir = _maildir(asker, options, account.get("maildir", ""), surroundings.maildirs(home))
    events = surroundings.calendars(home)
    proposal = str(next(iter(events), data / "calendar"))
    calendar = asker.value(options.calendar, account.get("calendar", ""), proposal, "Calendar folder", confirm=True)
    cards = str(next(iter(surroundings.contacts(home)), ""))
    contacts = asker.value(options.contacts, account.get("contacts", ""), cards, "Folder of contact cards (or empty)")
    _make_calendar(calendar)
    others = [str(one) for one in events if fresh and str(one) != calendar]
    busy = list(options.busy) or list(account.get("busy", ())) or others
    document.change(
        account,
        {"maildir": _absolute(maildir), "calendar": _absolute(calendar), "contacts": _absolute(contacts) or None,
         "busy": [_absolute(one) for one in busy]},
    )  # fmt: skip
    document.change(user, about(asker, options, user, fresh=fresh))


def _maildir(asker: Asker, options: Options, present: str, found: list[Path]) -> str:
    proposal = str(next(iter(found), ""))
    chosen = asker.value(options.maildir, present, proposal, "Maildir with your mail", confirm=True)
    if not chosen:
        raise UsageError("No Maildir was found. Name yours: ringback init --maildir PATH")
    if not surroundings.is_maildir(Path(chosen).expanduser()):
        raise UsageError(f"{chosen} is no Maildir: it has no folders cur and new. Name yours: --maildir PATH")
    return chosen


def _make_calendar(calendar: str) -> None:
    folder = Path(calendar).expanduser()
    if not folder.exists():
        folder.mkdir(parents=True)
        output.chat(f"Made an empty calendar: {folder}")


def _absolute(path: str) -> str:
    """Return a path that means the same from everywhere; one with ~ stays as it is."""
    return path if not path or path.startswith("~") else str(Path(path).absolute())


def about(asker: Asker, options: Options, user: Any, *, fresh: bool) -> dict[str, object]:  # noqa: ANN401  as above
    """Return the values of the table about the user."""

    def present(key: str) -> str:
        return "" if fresh else str(user.get(key, ""))

    zone = asker.value(options.zone, present("zone"), surroundings.zone(), "Your time zone")
    region = surroundings.region(zone, os.environ)
    known = frozenset(path.parent.name for path in bootstrap.TEMPLATES.glob("*/language.toml"))
    language = surroundings.language(known, os.environ)
    return {
        "name": asker.value(options.name, present("name"), surroundings.name(), "Your name, as under letters"),
        "zone": zone,
        "region": asker.value(options.region, present("region"), region, "Country of your numbers").upper(),
        "language": asker.value(options.language, present("language"), language, "Language of drafts"),
        "addresses": _addresses(asker, options, [] if fresh else list(user.get("addresses", ()))),
    }


def _addresses(asker: Asker, options: Options, present: list[str]) -> list[str]:
    if options.address:
        return list(options.address)
    found = os.environ.get("EMAIL", "")
    answer = asker.value(None, ", ".join(map(str, present)), found, "Your mail addresses, with commas between")
    return [one.strip() for one in answer.split(",") if one.strip()]


def _scan(session: Session) -> Ledger:
    """Make a dry pass and return the ledger it would leave."""
    ledger = syncing.forgetful_ledger(session)
    progress = output.Progress()
    parts = bootstrap.parts(session.settings, session.places, ledger, session.clock, progress)
    try:
        report = run_pass(parts, dry_run=True)
    finally:
        progress.close()
    for problem in report.problems:
        output.chat(f"cannot be read: {problem}")
    return ledger


def _lines(session: Session, view: InitView, ledger: Ledger | None) -> Iterator[str]:
    if ledger is not None:
        yield from _found(session, ledger)
    if view.review:
        yield f"{view.review} {'mail needs' if view.review == 1 else 'mails need'} a look before anybody is called."
    yield f"Next: {view.next}"


def _found(session: Session, ledger: Ledger) -> Iterator[str]:
    owed = sorted(ledger.owed(), key=lambda one: one.waiting_since)
    if not owed:
        yield "You owe nobody a call."
        return
    yield f"You owe {len(owed)} {'person' if len(owed) == 1 else 'people'} a call."
    (oldest,) = gather.items(ledger, owed[:1])
    yield f"The longest wait: {callers.label_of(oldest.caller)}, {session.times.since(oldest.waiting_since)}."
