"""A release: one version for packages, images and manifests, its changelog section, tag and artefacts."""
