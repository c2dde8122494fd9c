"""Accounts, signing in, members, invitations and service tokens: who people are and how they come in."""
