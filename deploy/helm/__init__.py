"""The chart's generated parts: values.schema.json, the tables of its README, and the plain manifests in deploy/k8s."""
