#!/usr/bin/env python3
"""Draws what a command leaves on a terminal, as an SVG. Needs Python alone.

    docs/picture.py OUT.svg [--columns N] [--shown TEXT] -- COMMAND [ARGUMENT…]

The command runs in a pseudo terminal; of what it writes, the picture has what is on the screen when it ends. The same
bytes always give the same picture. Before them stands `$ ` and the command, or TEXT in its place.

The picture of the README, after `cargo build --release`:

    docs/picture.py docs/chat.svg --shown 'claude-bridge chat --demo "…"' -- \\
        target/release/claude-bridge chat --demo "…"
"""

import argparse
import codecs
import fcntl
import os
import pty
import re
import shlex
import struct
import sys
import termios
import unicodedata
from xml.sax.saxutils import escape

ROWS = 100  # So high that nothing scrolls away.
TAB = 8

FONT = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
SIZE, ADVANCE, LEADING, MARGIN, BAR = 14, 8.43, 20, 20, 36  # In pixels; ADVANCE is a column's width.
BACKGROUND, FRAME, FOREGROUND = "#1e1e2e", "#313244", "#cdd6f4"
COLOURS = ["#585b70", "#f38ba8", "#a6e3a1", "#f9e2af", "#89b4fa", "#cba6f7", "#94e2d5", "#bac2de"]
BUTTONS = ["#f38ba8", "#f9e2af", "#a6e3a1"]

# An escape sequence that is complete (control sequence, operating system command, other), or one character.
PIECE = re.compile(r"\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\].*?(?:\x07|\x1b\\)|\x1b[^\[\]]|(.)", re.DOTALL)


def main():
    options, command = arguments()
    screen = Screen(options.columns)
    screen.feed("\x1b[1;32m$\x1b[0m " + (options.shown or shlex.join(command)) + "\r\n")
    output, code = record(command, options.columns)
    screen.feed(output)
    with open(options.out, "w", encoding="utf-8", newline="\n") as file:
        file.write(svg(screen.lines(), options.columns))
    if code:
        sys.exit(f"{shlex.join(command)} ended with exit code {code}; {options.out} shows what it wrote")


def arguments():
    parser = argparse.ArgumentParser(usage="%(prog)s OUT.svg [--columns N] [--shown TEXT] -- COMMAND [ARGUMENT…]")
    parser.add_argument("out", metavar="OUT.svg")
    parser.add_argument("--columns", type=int, default=84, help="how wide the terminal is")
    parser.add_argument("--shown", metavar="TEXT", help="what stands behind the prompt; default: the command")
    if "--" not in sys.argv:
        parser.error("the command stands behind --")
    end = sys.argv.index("--")
    options, command = parser.parse_args(sys.argv[1:end]), sys.argv[end + 1:]
    return (options, command) if command else parser.error("there is no command behind --")


def record(command, columns):
    """Runs the command in a terminal; gives what it wrote, and its exit code."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        os.environ.pop("NO_COLOR", None)
        os.environ["TERM"] = "xterm-256color"
        try:
            os.execvp(command[0], command)
        except OSError as error:
            sys.exit(f"{command[0]}: {error}")
    output, decoder = "", codecs.getincrementaldecoder("utf-8")("replace")
    while True:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # What Linux says when the command has closed the terminal.
            data = b""
        output += decoder.decode(data, final=not data)
        if not data:
            return output, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


class Screen:
    """A terminal's screen: rows of cells, each a character and its style."""

    def __init__(self, columns):
        self.columns, self.rows, self.row, self.column, self.style = columns, [[]], 0, 0, frozenset()

    def feed(self, text):
        for piece in PIECE.finditer(text):
            parameters, final, character = piece.groups()
            if final:
                self.control(parameters, final)
            elif character:
                self.character(character)

    def control(self, parameters, final):
        numbers = [int(number or 0) for number in parameters.split(";")] if re.fullmatch(r"[\d;]*", parameters) else []
        first = numbers[0] if numbers else 0
        line = self.rows[self.row]
        if final == "m":
            self.select(numbers)
        elif final == "K":
            del line[0 if first == 2 else self.column:]
        elif final == "J":
            del line[self.column:], self.rows[self.row + 1:]
        elif final == "A":
            self.row = max(0, self.row - max(1, first))
        elif final == "B":
            self.move_down(max(1, first))
        elif final == "C":
            self.column = min(self.columns - 1, self.column + max(1, first))
        elif final == "D":
            self.column = max(0, self.column - max(1, first))
        elif final == "G":
            self.column = max(1, first) - 1

    def select(self, numbers):
        names = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
        off = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}
        for number in numbers:
            if number == 0:
                self.style = frozenset()
            elif number in names:
                self.style |= {names[number]}
            elif number in off:
                self.style -= set(off[number])
            elif 30 <= number <= 39 or 90 <= number <= 97:
                self.style = frozenset(part for part in self.style if not part.startswith("#"))
                self.style |= {COLOURS[number % 10]} if number != 39 else set()

    def character(self, character):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.move_down(1)
        elif character == "\b":
            self.column = max(0, self.column - 1)
        elif character == "\t":
            self.column = min(self.columns - 1, (self.column // TAB + 1) * TAB)
        elif character >= " " and character != "\x7f":
            self.put(character)

    def put(self, character):
        width = 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        line = self.rows[self.row]
        if width == 0:
            if 0 < self.column <= len(line):
                text, style = line[self.column - 1]
                line[self.column - 1] = text + character, style
            return
        if self.column + width > self.columns:
            self.column = 0
            self.move_down(1)
            line = self.rows[self.row]
        line.extend([(" ", frozenset())] * (self.column + width - len(line)))
        # The second cell of a wide character is empty.
        line[self.column:self.column + width] = [(character, self.style)] + [("", self.style)] * (width - 1)
        self.column += width

    def move_down(self, count):
        self.row += count
        self.rows.extend([] for _ in range(self.row + 1 - len(self.rows)))

    def lines(self):
        """The rows, without the empty ones at the end."""
        rows = list(self.rows)
        while rows and not "".join(text for text, _ in rows[-1]).strip():
            rows.pop()
        return rows


def svg(rows, columns):
    width, height = round(columns * ADVANCE + 2 * MARGIN), BAR + len(rows) * LEADING + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="A terminal">',
        f'<rect width="{width}" height="{height}" rx="10" fill="{BACKGROUND}" stroke="{FRAME}"/>',
        *(f'<circle cx="{MARGIN + 20 * at}" cy="18" r="6" fill="{colour}"/>' for at, colour in enumerate(BUTTONS)),
        f'<g font-family="{escape(FONT)}" font-size="{SIZE}" fill="{FOREGROUND}" xml:space="preserve">',
    ]
    for number, row in enumerate(rows):
        parts.extend(span(*run, BAR + number * LEADING) for run in runs(row))
    return "\n".join([*parts, "</g>", "</svg>", ""])


def runs(row):
    """The pieces of a row that have one style: column, text, style, columns."""
    found = []
    for column, (text, style) in enumerate(row):
        if found and found[-1][2] == style:
            found[-1][1] += text
            found[-1][3] += 1
        else:
            found.append([column, text, style, 1])
    return [run for run in found if run[1].strip() or "reverse" in run[2]]


def span(column, text, style, columns, top):
    x, length = round(MARGIN + column * ADVANCE, 2), round(columns * ADVANCE, 2)
    colour = next((part for part in sorted(style) if part.startswith("#")), FOREGROUND)
    block = ""
    if "reverse" in style:
        block = f'<rect x="{x}" y="{top}" width="{length}" height="{LEADING}" fill="{colour}"/>'
        colour = BACKGROUND
    decoration = " ".join(
        word for part, word in (("underline", "underline"), ("strike", "line-through")) if part in style)
    attributes = {
        "fill": colour if colour != FOREGROUND else "",
        "font-weight": "bold" if "bold" in style else "",
        "font-style": "italic" if "italic" in style else "",
        "text-decoration": decoration,
        "opacity": "0.6" if "dim" in style else "",
    }
    written = "".join(f' {name}="{value}"' for name, value in attributes.items() if value)
    # The length is told, so that the columns stand under one another in any font.
    return f'{block}<text x="{x}" y="{top + 15}" textLength="{length}"{written}>{escape(text)}</text>'


if __name__ == "__main__":
    main()
