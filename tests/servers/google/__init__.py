"""Google on this machine: Gmail, Calendar, People and the sign-in, held to Google's own discovery documents."""
