"""Faults on the way, on order: those of the fake Exchange, for the operations of Graph."""

from __future__ import annotations

from tests.servers.ews.faults import Broken, Delay, Error, Fault, Faults, Kind, Status

__all__ = ["Broken", "Delay", "Error", "Fault", "Faults", "Kind", "Status"]
