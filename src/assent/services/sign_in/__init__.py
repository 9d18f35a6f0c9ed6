"""Signing in: with a password, a passkey or through an identity provider, and the second factor that completes it."""
