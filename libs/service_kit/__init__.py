"""What every service needs around its own subject: settings, clock, problems, health, logs, metrics, serving."""
