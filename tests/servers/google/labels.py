"""gmail.users.labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.servers.google.box import SYSTEM, Box, not_found
from tests.servers.google.calls import Answer, Call, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

_LONGEST = 225


class Labels:
    """Answers for labels."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._shown: dict[str, dict[str, Any]] = {}
        self._count = 0

    def handlers(self) -> dict[str, Callable[[Call], Answer]]:
        """Return what answers each method."""
        return {
            "gmail.users.labels.list": lambda _: Answer({"labels": [self._resource(each) for each in self._box.names]}),
            "gmail.users.labels.get": lambda call: Answer(self._counted(self._known(call))),
            "gmail.users.labels.create": self._create,
            "gmail.users.labels.patch": self._change,
            "gmail.users.labels.update": self._change,
            "gmail.users.labels.delete": self._delete,
        }

    def create(self, name: str) -> str:
        """Make a label and return its id, which stays when the label is renamed.

        Raises:
            RefusedError: the name is taken, also in other case, or is none.
        """
        self._check(name)
        self._count += 1
        label = f"Label_{self._count}"
        self._box.names[label] = name
        return label

    def rename(self, label: str, name: str) -> None:
        """Give a label another name.

        Raises:
            RefusedError: as for `create`.
        """
        self._check(name, label)
        self._box.names[label] = name

    def delete(self, label: str) -> None:
        """Take a label off every mail and forget it; labels below it stay."""
        for mail in self._box.newest():
            self._box.relabel(mail, remove=[label])
        del self._box.names[label]
        self._shown.pop(label, None)

    def _check(self, name: str, own: str = "") -> None:
        reserved = {each.casefold() for each in SYSTEM}
        if not name or len(name) > _LONGEST or name.casefold() in reserved or "" in name.split("/"):
            raise RefusedError(400, "invalidArgument", "Invalid label name")
        for label, other in self._box.names.items():
            if label != own and other.casefold() == name.casefold():
                raise RefusedError(409, "aborted", "Label name exists or conflicts", "ABORTED")

    def _known(self, call: Call) -> str:
        label: str = call.params["id"]
        if label not in self._box.names:
            raise not_found()
        return label

    def _own(self, call: Call) -> str:
        label = self._known(call)
        if label in SYSTEM:
            raise RefusedError(400, "invalidArgument", "Invalid update request")
        return label

    def _create(self, call: Call) -> Answer:
        label = self.create(call.body["name"])
        self._show(label, call.body)
        return Answer(self._resource(label))

    def _change(self, call: Call) -> Answer:
        label = self._own(call)
        if call.body.get("name"):
            self.rename(label, call.body["name"])
        self._show(label, call.body)
        return Answer(self._resource(label))

    def _delete(self, call: Call) -> Answer:
        self.delete(self._own(call))
        return Answer()

    def _show(self, label: str, body: dict[str, Any]) -> None:
        kept = ("messageListVisibility", "labelListVisibility", "color")
        self._shown.setdefault(label, {}).update({name: body[name] for name in kept if body.get(name) is not None})

    def _resource(self, label: str) -> dict[str, Any]:
        kind = "system" if label in SYSTEM else "user"
        return {"id": label, "name": self._box.names[label], "type": kind, **self._shown.get(label, {})}

    def _counted(self, label: str) -> dict[str, Any]:
        mails = [mail for mail in self._box.newest() if label in mail.labels]
        unread = [mail for mail in mails if "UNREAD" in mail.labels]
        return self._resource(label) | {
            "messagesTotal": len(mails),
            "messagesUnread": len(unread),
            "threadsTotal": len({mail.thread for mail in mails}),
            "threadsUnread": len({mail.thread for mail in unread}),
        }
