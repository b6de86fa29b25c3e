"""Pooling: of each window its maximum or its mean."""
