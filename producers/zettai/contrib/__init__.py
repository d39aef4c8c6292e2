"""Integrations with Django, Flask and FastAPI."""
