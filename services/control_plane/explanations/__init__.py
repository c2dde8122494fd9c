"""Why somebody gets a variation, asked by people instead of SDKs: of what is saved, with the salt for administrators."""
