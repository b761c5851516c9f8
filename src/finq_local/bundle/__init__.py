"""What a function ships: its locked dependencies, slimmed and byte-compiled, and the product's code.

The Dockerfiles under `images/` and `make zips` both build with this, so a zip and an image differ in nothing but their
wrapping. Python's own library only: it runs inside `python:3.12-slim-bookworm` too, before anything is installed.
"""

PYTHON = "3.12"
"""The version of Lambda's runtime, and of the images' base."""
