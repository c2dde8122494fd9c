"""Faults at random under load, and the platform's promises held against a ledger; `python -m chaos`."""
