"""The provider's API: its codes, its statuses, and the parsing of single values."""
