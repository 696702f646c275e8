"""A draft of a declaration from a department's first file: which record type it is, and what each column means."""

from connectors.propose.draft import Draft, propose
from connectors.propose.rendering import rendered

__all__ = ["Draft", "propose", "rendered"]
