"""What docs/sdks.md promises of every SDK, one trial each, between a driver of the SDK and a scripted edge."""
