"""From a fault to its end: what is caused, which alert says so, where its page leads, what the dashboard shows."""
