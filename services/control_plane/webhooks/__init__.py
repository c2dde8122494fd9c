"""Webhooks: who is told what the audit log is told, how it is signed, and how telling it went."""
