"""What other servers with Exchange Web Services, and older Exchanges, do differently."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Quirks:
    """Each is off on Exchange Server."""

    no_server_time_zones: bool = False
    """GetServerTimeZones is not implemented."""
    wrong_is_draft: bool = False
    """IsDraft is always false."""
    no_expansion: bool = False
    """A CalendarView answers the masters, not the occurrences; IsRecurring is true of masters, as Grommunio has it."""
    only_first: bool = False
    """With `no_expansion`: only masters whose first occurrence is within the view, by their stored start and end."""
    no_greater_or_equal: bool = False
    """IsGreaterThanOrEqualTo and IsLessThanOrEqualTo are refused."""
    no_folder_marks: bool = False
    """PidTagLocalCommitTimeMax and PidTagDeletedCountTotal of folders are not answered."""
    no_distinguished_ids: bool = False
    """DistinguishedFolderId of folders is not answered."""
    newest: str = "Exchange2016"
    """The newest RequestServerVersion that the server knows."""
    build: tuple[int, int, int, int] = (15, 1, 2507, 61)
    """What ServerVersionInfo tells; Exchange Server 2013 is 15.0, 2016 is 15.1, 2019 is 15.2."""
    no_streaming: bool = False
    """Subscribe is not implemented."""
    no_configurations: bool = False
    """User configurations are not implemented."""
    no_extended_headers: bool = False
    """Header fields that begin with X- are dropped when a message comes as MIME."""
    no_restrictions: bool = False
    """FindItem does not know restrictions on extended properties."""


ALL = tuple(each.name for each in fields(Quirks) if each.default is False)
"""What can be on; versions are set by themselves."""
