"""The pages of the admin UI: the build that is served, what browsers are told with it, and what they report back."""
