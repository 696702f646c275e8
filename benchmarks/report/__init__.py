"""The credit report benchmark."""
