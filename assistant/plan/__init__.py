"""Plan: which call goes where. Slots first, then holds inside them, every hard rule kept, at little cost.

`grid` counts time in ticks, `slots` places the daily slots, `candidates` says where each call may start, `cost` what
that costs. `search` chooses on a `board`: an `auction` of the `rooms`, then `improve` with `knapsack`, `sweep` for long
horizons, `ties` last. `compose` and `reasons` put it into words. `verify` checks a plan independently, `codec` reads
and writes JSON.
"""

from __future__ import annotations

from assistant.plan.check import check
from assistant.plan.compose import plan
from assistant.plan.cost import cost
from assistant.plan.verify import violations

__all__ = ["check", "cost", "plan", "violations"]
