"""The handlers, one module a function."""

import gc

# Imports make some hundred thousand objects and little garbage; looking for it every 700 takes a tenth of a cold start.
gc.set_threshold(20_000, 20, 20)
