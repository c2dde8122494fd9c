"""Before an experiment: how many units it needs, and whether random splits of the past behave."""
