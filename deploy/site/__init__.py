"""The documentation as a site: pages from the repository, references from what the services promise, one navigation."""
