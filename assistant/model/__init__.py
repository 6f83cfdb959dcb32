"""Values that the stages pass to each other; no behaviour beyond what a value can say of itself.

A `datetime` is always aware, a length is a `timedelta`, a number is `E164` or None for a withheld one.
`call` is what a mail says, `mailbox` and `calendar` what the ports carry, `planning` the planning problem,
`callback` what the ledger knows, `operation` what a pass wants to write.
"""
