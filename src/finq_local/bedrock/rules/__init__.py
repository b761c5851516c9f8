"""The answerer that needs no model: rules over what the request holds, and nothing else.

It reads no file, no database and no clock, so the same request always gets the same answer. It is meant for
development and tests: it routes, searches and quotes records well, and does not understand language.
"""
