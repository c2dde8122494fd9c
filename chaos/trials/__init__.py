"""One promise or a few that belong together, each shown on the running platform."""
