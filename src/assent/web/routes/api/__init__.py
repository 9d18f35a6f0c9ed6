"""The API: the same services as JSON under /api/v1, for members' own programs (docs/api.md)."""
