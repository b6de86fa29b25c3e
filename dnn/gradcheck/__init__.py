"""Every gradient against central differences."""
