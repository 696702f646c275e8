"""``python -m creditlake``: the same program as the installed ``creditlake`` command."""

import sys

from creditlake.cli import run_command_line

if __name__ == "__main__":
    sys.exit(run_command_line())
