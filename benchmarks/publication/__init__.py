"""How long a release takes, beside named peers in the same run."""
