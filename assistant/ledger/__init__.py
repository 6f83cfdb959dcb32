"""The ledger: who is owed a call, and everything that happened; see `journal`."""
