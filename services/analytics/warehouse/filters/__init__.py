"""Filters in SQL: a rule's condition, evaluated by ClickHouse over a column of JSON as the rule engine evaluates it.

`tests/integration/test_filters.py` holds both to each other, on the engine's vectors and on random conditions.
"""

from analytics.warehouse.filters.conditions import Column, Filter, compiled

__all__ = ["Column", "Filter", "compiled"]
