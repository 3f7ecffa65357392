"""What holds for all tests."""

import signal

# Tests that are started in the background inherit that interrupts are ignored, and so would every process that they start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
