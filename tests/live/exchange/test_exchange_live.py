"""The contract suites through the live harness, on the fake and, marked `live`, on a mailbox of Exchange's."""

from __future__ import annotations

from tests.live.suites import classes

globals().update(classes())
