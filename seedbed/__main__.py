"""The command line: `seedbed ...` and `python -m seedbed ...` are the same."""


def main() -> None:
    """Run the command line; what it needs is imported only now."""
    from seedbed.experiments.command import app

    app(prog_name="seedbed")


if __name__ == "__main__":
    main()
