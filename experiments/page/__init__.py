"""What can be looked at in a browser: the live page, its lessons, and a run as one file to pass around."""
