"""Linking: reading what senders wrote about their subjects, and finding the enterprise that each record is about."""
