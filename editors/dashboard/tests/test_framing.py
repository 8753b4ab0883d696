from __future__ import annotations

import pytest

from claude_bridge.framing import FrameDecoder, FramingError, encode


def test_messages_are_found_wherever_the_bytes_are_cut() -> None:
    messages = [{"text": "é" * 10}, {"text": ""}, {"text": "x" * 300}]
    stream = b"".join(map(encode, messages))
    bodies = [encode(message).partition(b"\r\n\r\n")[2] for message in messages]
    for cut in range(len(stream)):
        decoder = FrameDecoder()
        assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == bodies


def test_other_headers_and_other_spellings_are_taken() -> None:
    assert FrameDecoder().feed(b"Content-Type: x\r\ncontent-LENGTH:2\r\n\r\n{}") == [b"{}"]


@pytest.mark.parametrize("noise", [b"Content-Length: x\r\n\r\n", b"Content-Type: y\r\n\r\n", b"a" * 9000])
def test_what_is_no_frame_is_an_error(noise: bytes) -> None:
    with pytest.raises(FramingError):
        FrameDecoder().feed(noise)
