"""Who uses the console and what they may do: logins, roles, sessions, and protection against forged requests."""
