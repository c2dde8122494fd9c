"""An edge and an ingestor for tests of SDKs, which serve what they are given and break as they are told."""
