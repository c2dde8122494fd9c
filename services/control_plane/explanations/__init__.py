"""Why somebody gets a variation, asked by people instead of SDKs: of what is saved, the salt for administrators."""
