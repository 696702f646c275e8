"""The command line of creditlake: thin commands that call the rooms and show what they return."""
