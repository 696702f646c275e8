"""Speed and memory of ingest, side by side with named peers in one run."""
