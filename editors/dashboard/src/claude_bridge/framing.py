"""LSP's base framing: a header that says how long the body is, an empty line, the body."""

from __future__ import annotations

import json
from collections.abc import Mapping

_HEADER_END = b"\r\n\r\n"
_FAST_PREFIX = b"Content-Length: "
_MAX_HEADER = 8192


class FramingError(Exception):
    """The bytes are no frames: there is no way to find the next one."""


def encode(message: Mapping[str, object]) -> bytes:
    """A message as it goes over the pipe."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class FrameDecoder:
    """Takes bytes as they come, and gives the bodies that are complete."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        #: The length of the body that has begun, where its header has been read.
        self._length: int | None = None

    def feed(self, data: bytes) -> list[bytearray]:
        """The bodies that are complete with these bytes."""
        buffer = self._buffer
        buffer += data
        bodies: list[bytearray] = []
        start = 0
        while True:
            length = self._length
            if length is None:
                end = buffer.find(_HEADER_END, start)
                if end < 0:
                    if len(buffer) - start > _MAX_HEADER:
                        raise FramingError("a header does not end")
                    break
                length = _content_length(buffer[start:end])
                start = end + len(_HEADER_END)
            if len(buffer) - start < length:
                self._length = length
                break
            self._length = None
            bodies.append(buffer[start : start + length])
            start += length
        del buffer[:start]
        return bodies


def _content_length(header: bytearray) -> int:
    try:
        if header.startswith(_FAST_PREFIX):
            return int(header[len(_FAST_PREFIX) :])
    except ValueError:
        pass  # another header follows it
    for line in header.split(b"\r\n"):
        name, _, value = line.decode(errors="replace").partition(":")
        if name.strip().lower() == "content-length" and value.strip().isdecimal():
            return int(value)
    raise FramingError(f"no length in the header {bytes(header[:200])!r}")
