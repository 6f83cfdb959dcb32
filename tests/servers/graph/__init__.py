"""Microsoft 365 for one user, on loopback: Microsoft Graph v1.0 with mail, calendars, contacts, and the sign-in."""
