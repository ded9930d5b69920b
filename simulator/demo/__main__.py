"""``python -m simulator.demo``: see ``simulator.demo.command``."""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    # While the program is still being read there is nothing to leave behind, and a traceback would help nobody.
    # In the background of a script Ctrl-C is ignored, and stays so.
    is_heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from simulator.demo.command import INTERRUPTED, main

    try:
        if is_heard:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = main()
    except KeyboardInterrupt:  # before ``main`` looks after it
        code = INTERRUPTED
    sys.exit(code)
