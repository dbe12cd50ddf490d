"""Rasa lives in its own environment: what needs it is run there by `test_in_rasa_environment`."""

collect_ignore = ["test_components.py"]
