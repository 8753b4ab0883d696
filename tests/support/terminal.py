"""Runs a command in a pseudo terminal of its own, which it controls: Ctrl-C is a signal there, as for a person.

    terminal.py COLUMNS COMMAND [ARGUMENT…]

What comes on stdin is typed, what the command writes comes out of stdout, and its exit code is ours. When stdin ends,
the terminal is closed, and the command is told so by SIGHUP.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f"{command[0]}: {error}")

while True:
    for ready in select.select([0, terminal], [], [])[0]:
        try:
            data = os.read(ready, 65536)
        except OSError:  # What Linux says when the command has closed the terminal.
            data = b""
        if not data:
            os.close(terminal)
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        os.write(terminal if ready == 0 else 1, data)
