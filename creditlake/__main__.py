"""``python -m creditlake``: the same program as the installed ``creditlake`` command."""

from creditlake.cli import main

if __name__ == "__main__":
    main()
