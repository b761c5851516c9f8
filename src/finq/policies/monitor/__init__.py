"""Looks policies up on the web and records what seems to have changed. It changes no policy."""
