"""The lake: settings, object storage, Delta tables, the batch ledger. Uses nothing else of ours."""
