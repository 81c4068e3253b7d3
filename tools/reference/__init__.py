"""The parts of the reference, written from what the package says; `generate_reference.py` puts them together."""
