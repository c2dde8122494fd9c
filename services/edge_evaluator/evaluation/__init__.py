"""⑥ One evaluation, and ⑦ its exposure on the way to the ingestor."""
