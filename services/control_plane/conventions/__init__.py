"""Habits that every feature's endpoints share: strict JSON, limited texts, pages, versions. No domain word inside."""
