"""Coqui's models as an engine."""
