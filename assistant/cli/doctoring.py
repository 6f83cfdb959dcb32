"""`doctor`: look whether everything is set up well, and say what to do where it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from assistant import bootstrap, opening
from assistant.cli.ending import OK
from assistant.cli.session import Session, json_option
from assistant.cli.views import DoctorView, FindingView
from assistant.errors import AssistantError, AuthError, ProviderError
from assistant.pipeline import daysoff
from assistant.ports import Finding
from assistant.standards import holiday

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from assistant.ports import Account, Examine
    from assistant.settings import AccountSettings

_OURS = "ringback"
_MONTH = timedelta(days=30)


@click.command("doctor")
@json_option
@click.pass_obj
def doctor_command(session: Session) -> int:
    """Look at configuration, ledger, templates and every account, reading only, and say what to do.

    Exits with 2 when signing in would mend it, with 1 when something else is at fault, and with 0 for warnings alone.

    Example: ringback doctor
    """
    found = tuple(_all(session))
    view = DoctorView(
        schema="ringback/doctor/1",
        findings=found,
        warnings=sum(one.level == "warning" for one in found),
        faults=sum(one.level == "fault" for one in found),
    )
    session.show(view, lambda: _lines(view))
    if any(one.level == "fault" and one.sign_in for one in found):
        return AuthError.EXIT_CODE
    return ProviderError.EXIT_CODE if view.faults else OK


def _lines(view: DoctorView) -> Iterator[str]:
    for one in view.findings:
        yield f"{one.level:<8} {one.account or _OURS}: {one.subject}: {one.text}"
    if view.faults or view.warnings:
        yield f"{_many(view.faults, 'fault')}, {_many(view.warnings, 'warning')}."
    else:
        yield "All is well."


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _all(session: Session) -> Iterator[FindingView]:
    """Yield what is found; without readable settings there is nothing else to look at."""
    try:
        accounts = session.settings.accounts()
    except AssistantError as error:
        yield _view(None, Finding("fault", "configuration", str(error)))
        return
    yield _view(None, Finding("ok", "configuration", str(session.places.config)))
    for finding in (*_ledger(session), *_words(session), *_holidays(session), *_secrets(session, accounts)):
        yield _view(None, finding)
    has_calendar = False
    for account in accounts:
        opened, findings = _account(session, account)
        has_calendar = has_calendar or opened is None or opened.calendar is not None
        yield from (_view(account.name, finding) for finding in findings)
    if not has_calendar:
        text = "no account has a calendar, so no call gets a time. Add one: ringback init, or ringback connect"
        yield _view(None, Finding("warning", "calendar", text))


def _view(account: str | None, finding: Finding) -> FindingView:
    return FindingView(account=account, **finding._asdict())


def _ledger(session: Session) -> Iterator[Finding]:
    path = session.places.ledger
    if not path.exists():
        yield Finding("ok", "ledger", f"not there yet; the first sync makes {path}")
        return
    try:
        owed = len(session.ledger.owed())
    except AssistantError as error:
        yield Finding("fault", "ledger", str(error))
    else:
        yield Finding("ok", "ledger", f"{owed} callbacks are owed in {path}")


def _words(session: Session) -> Iterator[Finding]:
    try:
        bootstrap.words(session.settings, session.places)
    except AssistantError as error:
        yield Finding("fault", "templates", str(error))
    else:
        yield Finding("ok", "templates", f"those in {session.settings.user.language!r} can be used")
    _, problems = bootstrap.formats(session.places.formats)
    for problem in problems:
        yield Finding("warning", "formats", problem)


def _holidays(session: Session) -> Iterator[Finding]:
    """Yield whose public holidays count, and the next one, by which the user sees whether they are the right ones."""
    region, today = session.settings.holiday_region(), session.times.now.date()
    if region is None:
        return
    known = [holiday.public(region, year) for year in (today.year, today.year + 1)]
    if any(days is None for days in known):
        yield Finding("warning", "holidays", daysoff.unknown(region))
        return
    coming = sorted((day, name) for days in known if days for day, name in days.items() if day >= today)
    following = f"; the next is {coming[0][1]}, {session.times.day(coming[0][0])}" if coming else ""
    yield Finding("ok", "holidays", f"those of {region} are days off{following}")


def _secrets(session: Session, accounts: Iterable[AccountSettings]) -> Iterator[Finding]:
    for account in accounts:
        try:
            with opening.named(account):
                signs_in = hasattr(opening.provider(account.provider), "sign_in")
        except AssistantError:
            continue  # told of with the account
        if signs_in:
            yield opening.keeper(session.places).examine()
            return


def _account(session: Session, account: AccountSettings) -> tuple[Account | None, list[Finding]]:
    """Return an account, None where it cannot be opened, and what is found about it."""
    problems: list[str] = []
    findings: list[Finding] = []
    try:
        with opening.named(account):
            findings += _examined(session, account)
        if any(finding.level == "fault" for finding in findings):
            return None, findings
        opened = opening.connect(account, session.settings, session.places, problems, session.clock)
        findings += _zone(session, opened)
    except AuthError as error:
        return None, [*findings, Finding("fault", "sign-in", str(error), sign_in=True)]
    except AssistantError as error:
        return None, [*findings, Finding("fault", "account", str(error))]
    return opened, findings + [Finding("warning", "account", problem) for problem in problems]


def _examined(session: Session, account: AccountSettings) -> Iterable[Finding]:
    provider = opening.provider(account.provider)
    examine: Examine | None = getattr(provider, "examine", None)
    if examine is None:
        return ()
    secrets = opening.account_secrets(account, opening.keeper(session.places))
    return examine(opening.provider_keys(account, session.places), secrets, session.clock.now())


def _zone(session: Session, opened: Account) -> Iterator[Finding]:
    theirs = opened.calendar.zone() if opened.calendar is not None else None
    if theirs is None:
        return
    ours, now = session.zone, session.clock.now()
    moments = [now + _MONTH * number for number in range(12)]
    if all(moment.astimezone(theirs).utcoffset() == moment.astimezone(ours).utcoffset() for moment in moments):
        yield Finding("ok", "zone", f"{ours.key}, as in the calendar")
        return
    text = (
        f"the calendar's zone is {theirs.key}, the one here is {ours.key}. Change one of them: `user.zone` in the "
        "configuration, or the time zone in the calendar's settings"
    )
    yield Finding("warning", "zone", text)
