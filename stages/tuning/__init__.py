"""The search for better parameters."""
