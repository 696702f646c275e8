"""Speed and accuracy, as ratios to named peers in one run."""
