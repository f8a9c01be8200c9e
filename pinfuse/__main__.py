"""``python -m pinfuse``: the command line."""

from pinfuse.cli.main import main

if __name__ == "__main__":
    main()
