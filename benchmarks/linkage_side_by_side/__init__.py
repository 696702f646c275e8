"""The same labelled cases, linked by creditlake and by its peers in one run."""
