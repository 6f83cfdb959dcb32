"""What `--json` prints, a struct a command. Times carry the user's offset; None is what is not known or not so.

Names that stand here are published (`schemas/`): fields may be added, never renamed or removed under the same number.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from assistant.model.callback import DraftStatus, Status
from assistant.model.journal import AttemptResult, Outcome, Purpose, Source, Verdict
from assistant.model.planning import Bucket


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every output; `schema` is "ringback/COMMAND/1"."""

    schema: str


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """A caller: `number` is the one to dial, None when withheld or an internal `extension`."""

    name: str | None
    number: str | None
    extension: str | None


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """A hold on the calendar. `pinned`: you moved it. `done`: the ticked evidence of a call made."""

    start: datetime
    end: datetime
    in_slot: bool
    pinned: bool
    done: bool


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """One callback. `no_hold` says why an owed one has no hold."""

    id: str
    status: Status
    caller: Who
    bucket: Bucket | None
    due: datetime | None
    overdue: bool
    waiting_since: datetime
    calls: int
    attempts: int
    hold: HoldView | None
    promised_at: datetime | None
    no_hold: str | None
    until: datetime | None
    outcome: Outcome | None
    closed_at: datetime | None
    merged_into: str | None


class SlotView(msgspec.Struct, frozen=True, kw_only=True):
    """A reserved call time; `moved` is true when it is not at the wanted time."""

    start: datetime
    end: datetime
    moved: bool


class QuestionView(msgspec.Struct, frozen=True, kw_only=True):
    """What only you can answer. `kind`: hold_deleted, slot_lost or fault. `answers` are commands."""

    kind: str
    id: str | None
    date: date | None
    text: str
    answers: tuple[str, ...]


class RoomView(msgspec.Struct, frozen=True, kw_only=True):
    """Room for calls: `full` are coming days without any.

    `coming` and `going` are calls a working day, over the last `days` ones (0: too few to tell), `growth` what the
    queue grows by. `text` says it in a sentence, None where there is nothing to say.
    """

    full: tuple[date, ...]
    days: int
    coming: float
    going: float
    growth: float
    text: str | None


class TodayView(View, frozen=True, kw_only=True):
    """`ringback today`. Each owed callback stands in one of the five lists; `later` has its hold on another day."""

    now: datetime
    zone: str
    slots: tuple[SlotView, ...]
    promised: tuple[Item, ...]
    today: tuple[Item, ...]
    overdue: tuple[Item, ...]
    without_hold: tuple[Item, ...]
    later: tuple[Item, ...]
    questions: tuple[QuestionView, ...]
    owed: int
    review: int
    room: RoomView | None = None


class ListView(View, frozen=True, kw_only=True):
    """`ringback list`."""

    callbacks: tuple[Item, ...]


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    """One call. `messages` are the ids of the mails that report it."""

    id: str
    kind: str
    called_at: datetime
    number: str | None
    callback_number: str | None
    extension: str | None
    name: str | None
    duration_s: int | None
    transcript: str | None
    requested: str | None
    urgency: str
    messages: tuple[str, ...]


class MessageView(msgspec.Struct, frozen=True, kw_only=True):
    """One mail, as the ledger keeps it."""

    id: str
    mailbox: str
    ref: str
    received_at: datetime
    sender: str
    subject: str
    vendor: str | None
    trust: str
    reason: str
    gone: bool


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """One try at calling back."""

    at: datetime
    result: AttemptResult
    next_at: datetime | None
    note: str | None
    source: Source


class PromiseView(msgspec.Struct, frozen=True, kw_only=True):
    """A time you named to the caller; `verdict` is None until it is over."""

    at: datetime
    source: Source
    verdict: Verdict | None


class DraftView(msgspec.Struct, frozen=True, kw_only=True):
    """A draft in your drafts folder."""

    purpose: Purpose
    status: DraftStatus
    account: str
    ref: str
    written_at: datetime
    named_time: datetime | None


class EntryView(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the journal; `kind` is the ledger's word, `text` ours."""

    seq: int
    subject: str
    kind: str
    text: str


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One command or pass, with its entries. `undone`: all of it was taken back."""

    id: int
    at: datetime
    command: str
    is_pass: bool
    undone: bool
    entries: tuple[EntryView, ...]


class LogView(View, frozen=True, kw_only=True):
    """`ringback log`: changes, the newest first."""

    changes: tuple[ChangeView, ...]


class ShowView(View, frozen=True, kw_only=True):
    """`ringback show`: all that is known of one callback."""

    callback: Item
    reasons: tuple[str, ...]
    planned_why: tuple[str, ...]
    previous: str | None
    calls: tuple[CallView, ...]
    messages: tuple[MessageView, ...]
    attempts: tuple[AttemptView, ...]
    promises: tuple[PromiseView, ...]
    drafts: tuple[DraftView, ...]
    history: tuple[ChangeView, ...]


class BinItem(msgspec.Struct, frozen=True, kw_only=True):
    """One mail in the review bin; `number` is its place in this list, `reason` why it is here."""

    number: int
    message: MessageView


class BinView(View, frozen=True, kw_only=True):
    """`ringback bin`."""

    mails: tuple[BinItem, ...]


class OperationView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing done, or to be done, to your calendar, drafts or labels.

    `action`: create, move, update, tick or remove; label for labels. `what`: slot, hold, draft or label.
    """

    action: str
    what: str
    subject: str
    caller: Who | None
    start: datetime | None
    end: datetime | None
    moved_from: datetime | None
    purpose: Purpose | None
    to: str | None
    named_time: datetime | None
    label: str | None
    message: str | None
    why: str


class FailureView(msgspec.Struct, frozen=True, kw_only=True):
    """An operation that did not work; the next sync decides anew."""

    operation: OperationView
    error: str


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass wrote. `problem` says why none could be made; then the next sync catches up."""

    operations: tuple[OperationView, ...] = ()
    failed: tuple[FailureView, ...] = ()
    problem: str | None = None


class SyncView(View, frozen=True, kw_only=True):
    """`ringback sync`.

    `unread` are accounts that failed, by name, `problems` files that could not be read, `clashes` holds you put upon
    other things.
    """

    dry_run: bool
    nothing_to_do: bool
    considered: int
    new_calls: int
    binned: int
    observed: int
    operations: tuple[OperationView, ...]
    failed: tuple[FailureView, ...]
    unread: dict[str, str]
    problems: tuple[str, ...]
    clashes: tuple[str, ...]
    alerts: tuple[str, ...]
    questions: tuple[QuestionView, ...]


class DecisionView(View, frozen=True, kw_only=True):
    """A command that changed something. `change` is its number for `undo`, None where there is nothing to undo."""

    change: int | None
    said: str
    callbacks: tuple[Item, ...]
    followed: Followed | None


class CheckView(View, frozen=True, kw_only=True):
    """`ringback check`: `faults` are broken promises of the ledger, `overdue` callbacks past their deadline."""

    ledger_only: bool
    faults: tuple[str, ...]
    overdue: tuple[Item, ...]
    owed: int


class InitView(View, frozen=True, kw_only=True):
    """`ringback init`: the file written, and what a read-only look at the account found (None without `scanned`)."""

    config: str
    created: bool
    scanned: bool
    people: int | None
    review: int | None
    next: str


class ConnectView(View, frozen=True, kw_only=True):
    """`ringback connect`: `who` is signed in; `kept` is where the sign-in lies: "keyring", or a file."""

    account: str
    provider: str
    who: str
    kept: str
    config: str
    next: str


class LogoutView(View, frozen=True, kw_only=True):
    """`ringback logout`: by account, what became of the sign-in; None where there was none."""

    accounts: dict[str, str | None]


class FindingView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that `doctor` looked at. `account` is None for what all share; `sign_in`: signing in mends it."""

    account: str | None
    level: Literal["ok", "warning", "fault"]
    subject: str
    text: str
    sign_in: bool


class DoctorView(View, frozen=True, kw_only=True):
    """`ringback doctor`."""

    findings: tuple[FindingView, ...]
    warnings: int
    faults: int


class SchemaView(View, frozen=True, kw_only=True):
    """`ringback schema`: the names of the published schemas."""

    names: tuple[str, ...]


class ErrorView(View, frozen=True, kw_only=True):
    """What went wrong, under --json."""

    error: str
    exit_code: int
