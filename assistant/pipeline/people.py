"""Who a caller is, and whether a mail address is known for a draft."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from assistant.ledger import heard
from assistant.pipeline.locating import Place, located
from assistant.standards.compose import is_address

if TYPE_CHECKING:
    from assistant.model.call import E164
    from assistant.model.callback import Callback
    from assistant.model.heard import Envelope, KnownCall, Message
    from assistant.model.mailbox import Contact
    from assistant.pipeline.parts import Parts


class Person(NamedTuple):
    """The caller of a callback, from its calls and the address book.

    `place` is where the caller may be, `zone` the one zone of it that can be shown, None where there are several.
    `addresses` are those that contacts or the thread know, never a notification's sender. `answers` is the mail of
    theirs that a draft answers, None where there is none; then `newest` says in whose mailbox the draft belongs.
    """

    name: str | None
    number: E164 | None
    extension: str | None
    contact: Contact | None
    zone: str | None
    addresses: tuple[str, ...]
    answers: tuple[Message, Envelope] | None
    newest: Message | None
    place: Place = Place()

    @property
    def can_be_called(self) -> bool:
        """Tell whether anybody knows whom to call."""
        return bool(self.number or self.name or self.extension)


def person(parts: Parts, callback: Callback, calls: list[KnownCall]) -> Person:
    """Return the caller; the newest call with a number or name decides."""
    newest_first = [known.call for known in reversed(calls)]
    number = next((call.number_to_dial for call in newest_first if call.number_to_dial), None)
    name = next((known.name for known in reversed(calls) if known.name), None)
    people = parts.contacts(number, name)
    contact = people[0] if len(people) == 1 else None
    messages = _messages(parts, callback)
    letters = [(message, heard.envelope(parts.ledger, message.id)) for message in messages]
    answers = next(((message, letter) for message, letter in letters if letter.reply_to), None)
    known = [*((answers[1].reply_to or "",) if answers else ()), *(contact.addresses if contact else ())]
    place = _place(parts, contact, calls, number)
    return Person(
        name=contact.name if contact and not name else name,
        number=number,
        extension=next((call.extension for call in newest_first if call.extension), None),
        contact=contact,
        zone=contact.zone if contact and contact.zone else (place.zones[0] if len(place.zones) == 1 else None),
        addresses=tuple(dict.fromkeys(one for one in known if is_address(one))),
        answers=answers,
        newest=next(iter(messages), None),
        place=place,
    )


def _messages(parts: Parts, callback: Callback) -> list[Message]:
    ids = [message for link in callback.calls for message in link.messages]
    found = [message for one in ids if (message := heard.message(parts.ledger, one)) is not None]
    return sorted(found, key=lambda message: message.received_at, reverse=True)


def _place(parts: Parts, contact: Contact | None, calls: list[KnownCall], number: E164 | None) -> Place:
    """Return where the caller may be; the newest wish that names a zone counts."""
    wishes = [known.call.requested for known in reversed(calls) if known.call.requested is not None]
    named = next((wish.zone for wish in wishes if wish.zone is not None), None)
    return located(contact.zone if contact else None, named, number, str(parts.zone), parts.clock.now().year)
