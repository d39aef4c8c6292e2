"""What the provider writes: its codes, its statuses, and how single values are parsed."""
