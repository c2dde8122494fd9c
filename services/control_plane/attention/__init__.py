"""What waits for somebody in a project, or goes wrong there: in one cheap read."""
