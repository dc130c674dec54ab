"""Who invited whom, and what an invitation brings once the invitee has stayed and paid."""
