"""The directory of an organization: people and groups as its SCIM 2.0 client tells of them."""
