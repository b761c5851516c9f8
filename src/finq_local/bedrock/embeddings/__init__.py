"""Titan Text Embeddings V2: its protocol (`titan.py`), and the models behind it (`e5.py`, `upstream.py`)."""
