"""Single sign-on: OpenID Connect per organization, by the authorization code with PKCE."""
