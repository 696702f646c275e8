"""How records get out of other people's systems: contracts, sources, readers and the way in."""
