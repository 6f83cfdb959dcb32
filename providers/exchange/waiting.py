"""Wait for news of the inbox: a streaming subscription, and a connection over which the server tells of events."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from exchangelib.properties import StatusEvent
from exchangelib.services import GetStreamingEvents, SubscribeToStreaming, Unsubscribe

from assistant.errors import AuthError, ProviderError, TransientError, UnsupportedError
from providers.exchange.errors import RAISED
from providers.exchange.folders import distinguished
from providers.exchange.service import NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    import exchangelib

    from providers.exchange.service import Exchange

_OPERATION = "mailbox.wait"
_EVENTS = ("NewMailEvent", "CreatedEvent", "ModifiedEvent", "MovedEvent", "DeletedEvent")
_LONGEST = 29 * 60.0
"""Seconds; the server ends a connection after 30 minutes at most."""
_NEARLY = 0.5
_BREATH = 1.0
"""Seconds between two connections, where the server ends them at once."""


class _Listening(GetStreamingEvents):  # type: ignore[misc]  # the library has no types
    """Streaming events for so many seconds, where the library knows only minutes and waits one more."""

    seconds = 60.0

    def call(self, subscription_ids: list[str], connection_timeout: int) -> Iterator[Any]:
        """Yield notifications."""
        self.timeout = self.seconds
        payload = self.get_payload(subscription_ids=subscription_ids, connection_timeout=connection_timeout)
        return self._elems_to_objs(self._get_elements(payload=payload))  # type: ignore[no-any-return]  # as above


def wait(exchange: Exchange, timeout: timedelta, is_changed: Callable[[], bool]) -> bool:
    """Return True as soon as something happens in the inbox, or if it has since the last look; False after the time.

    Args:
        exchange: the account.
        timeout: for how long.
        is_changed: tells, once events are being kept for us, whether anything happened before that.

    Raises:
        UnsupportedError: the server does not tell of news.
    """
    end = time.monotonic() + timeout.total_seconds()
    subscription = _subscribed(exchange)
    try:
        if is_changed():
            return True
        while (left := end - time.monotonic()) > 0:
            if _heard(exchange, subscription, min(left, _LONGEST)):
                return True
            time.sleep(max(0.0, min(_BREATH, end - time.monotonic())))
        return False
    finally:
        with suppress(ProviderError):  # it ends by itself, after half an hour
            _unsubscribe(exchange, subscription)


def _subscribed(exchange: Exchange) -> str:
    def subscribe(account: exchangelib.Account) -> str:
        found = SubscribeToStreaming(account=account).get(
            folders=[distinguished(account, "inbox")], event_types=_EVENTS
        )
        if not found:
            raise ValueError("no subscription")
        return str(found)

    try:
        return exchange.call(_OPERATION, subscribe)
    except (AuthError, TransientError):
        raise
    except ProviderError as error:
        text = "the server does not tell of new mail; look again from time to time"
        raise UnsupportedError(NAME, _OPERATION, text) from error


def _heard(exchange: Exchange, subscription: str, seconds: float) -> bool:
    """Tell whether something happened before the time was over, or before the server ended the connection."""

    def listen(account: exchangelib.Account) -> bool:
        service = _Listening(account=account)
        service.seconds = seconds
        begun = time.monotonic()
        try:
            return _told(service, subscription, seconds)
        except RAISED:
            if time.monotonic() - begun < seconds - _NEARLY:
                raise
            return False
        finally:
            service.stop_streaming()

    return exchange.call(_OPERATION, listen, again=False)


def _told(service: _Listening, subscription: str, seconds: float) -> bool:
    told = any(map(_tells, service.call([subscription], max(1, -int(-seconds // 60)))))
    if not told and service.connection_status is None:
        raise ValueError("no stream of events")
    return told


def _tells(notification: Any) -> bool:  # noqa: ANN401  the library has no types
    return any(not isinstance(event, StatusEvent) for event in notification.events or ())


def _unsubscribe(exchange: Exchange, subscription: str) -> None:
    def leave(account: exchangelib.Account) -> None:
        list(Unsubscribe(account=account).call(subscription_id=subscription))

    exchange.call(_OPERATION, leave, again=False)
