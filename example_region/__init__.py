"""A fictitious city's feeds, with the dirt departments' files really have, and the truth about every row."""

from example_region.generation import ExampleSummary, generate

__all__ = ["ExampleSummary", "generate"]
