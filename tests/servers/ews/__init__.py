"""An Exchange server for one user, spoken to through Exchange Web Services, in memory, on loopback."""
