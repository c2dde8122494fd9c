"""⑩ From aggregates to results: analysis, endpoints, and the sentence for people."""
