"""A program that is told by lines of JSON what to do with a client, so that SDKs of all languages are tested alike.

docs/conformance.md has its commands."""
