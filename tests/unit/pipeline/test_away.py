"""An address book that cannot be read stops nobody, and what it knew is not taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.errors import AuthError
from assistant.model.mailbox import Label
from assistant.pipeline import run_pass
from providers.memory.contacts import MemoryContacts
from tests.unit.pipeline.desk import ANN, BO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.model.call import E164
    from assistant.model.mailbox import Contact
    from assistant.pipeline import Parts
    from tests.unit.pipeline.desk import Desk


class Away(MemoryContacts):
    """Nobody is signed in any more."""

    def find(self, number: E164) -> Sequence[Contact]:
        raise AuthError("memory", "contacts.find", f"the sign-in has ended, no word of {number}")

    def named(self, name: str) -> Sequence[Contact]:
        raise AuthError("memory", "contacts.named", f"the sign-in has ended, no word of {name}")


def without(desk: Desk) -> Parts:
    """Return a pass whose address book is away."""
    parts = desk.parts()
    account = parts.accounts["home"]._replace(contacts=Away(desk.state))
    return parts._replace(accounts={"home": account})


def test_calls_are_taken_without_contacts(desk: Desk) -> None:
    """A call that comes while the address book is away is owed and planned, and the fault is told once."""
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.missed("Bo Tan", BO, "2026-11-13 16:10")
    report = run_pass(without(desk))
    assert (report.new_calls, report.failed) == (2, [])
    assert len([problem for problem in report.problems if "contacts" in problem]) == 1
    assert desk.title("Bo Tan") == "Call Bo Tan"


def test_what_contacts_told_stands(desk: Desk) -> None:
    """Holds and drafts that rest on the address book are left as they are until it is back."""
    desk.contact("Ann Byrne", ANN, address="ann@byrne.example")
    desk.missed("A. B.", ANN, "2026-11-13 15:10")
    desk.sync()
    name = desk.ledger.owed()[0].id
    ref, event = next((ref, one) for ref, one in desk.state.events.items() if one.summary == "Call Ann Byrne")
    desk.state.move_event(ref, desk.moment("2026-11-18 11:00"), event.end - event.start)
    desk.sync()
    desk.sync()
    events, drafts = dict(desk.state.events), dict(desk.state.drafts)
    assert len(drafts) == 1
    run_pass(without(desk))
    run_pass(without(desk))
    assert (desk.state.events, desk.state.drafts) == (events, drafts)
    assert desk.ledger.callback(name).hold is not None
    assert desk.sync().nothing_to_do


def test_labels_do_not_pile_up(desk: Desk) -> None:
    """A label of ours that the user adds beside another is a command, and one label is left."""
    ref = desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    parts = desk.parts()
    mailbox = parts.accounts["home"].mailbox
    assert mailbox is not None
    shown: list[Label | None] = []

    class Piled(type(mailbox)):  # type: ignore[misc]  # the in-memory mailbox holds one label; this one shows two
        def _head(self, ref: object, mail: object) -> object:
            import msgspec  # noqa: PLC0415  of this double alone

            return msgspec.structs.replace(super()._head(ref, mail), labels=frozenset({Label.TO_CALL, Label.DONE}))

        def set_state(self, ref: object, label: Label | None) -> None:
            shown.append(label)
            super().set_state(ref, label)

    desk.state.set_label(ref, Label.DONE)
    account = parts.accounts["home"]._replace(mailbox=Piled(desk.state))
    run_pass(parts._replace(accounts={"home": account}))
    assert desk.callback("Ann Byrne").outcome is not None
    assert shown == [Label.DONE]


def test_a_hold_dragged_to_a_whole_day_means_that_day(desk: Desk) -> None:
    """An event dropped among the all-day ones names a day and no time; nobody is told midnight."""
    desk.contact("Ann Byrne", ANN, address="ann@byrne.example")
    desk.missed("Ann Byrne", ANN, "2026-11-13 15:10")
    desk.sync()
    (ref,) = [ref for ref, one in desk.state.events.items() if one.summary == "Call Ann Byrne"]
    desk.state.edit_event(ref, start=desk.moment("2026-11-18 00:00"), end=desk.moment("2026-11-19 00:00"))
    desk.sync()
    desk.sync()
    event = desk.event("Ann Byrne")
    assert f"{event.start.astimezone(desk.zone):%a}" == "Wed"
    assert event.end - event.start < desk.moment("2026-11-19 00:00") - desk.moment("2026-11-18 00:00")
    assert all(b"November, 00:00" not in draft.raw for draft in desk.state.drafts.values())
    assert desk.faults() == []
