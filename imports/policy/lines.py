"""Lines of a file with their places in it; a line's length is bounded, whatever the file's is."""

from typing import BinaryIO, NamedTuple

ROW_BYTES_MAX = 256 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line without its ending, or None for its text if it was too long to be read."""

    number: int
    ends_at: int
    text: bytes | None


class LineReader:
    """Reads lines from a place on; what lies beyond `until` belongs to nobody.

    Attributes:
        offset: where the next line begins.
        number: of the line before it, counted from 1.
    """

    def __init__(self, stream: BinaryIO, *, until: int, offset: int = 0, number: int = 0) -> None:
        self._stream = stream
        self._until = until
        self.offset = offset
        self.number = number
        stream.seek(offset)

    def next_line(self) -> Line | None:
        """Return the next line, or None at the end."""
        piece = self._piece()
        if not piece:
            return None
        is_first = self.offset == 0
        self.offset += len(piece)
        self.number += 1
        if is_first:
            piece = piece.removeprefix(BYTE_ORDER_MARK)
        if len(piece) > ROW_BYTES_MAX:
            self._skip_rest(piece)
            return Line(self.number, self.offset, None)
        return Line(self.number, self.offset, piece.rstrip(b"\r\n"))

    def go_back_to(self, line: Line) -> None:
        """Let the line after `line` be the next one again."""
        self.offset, self.number = line.ends_at, line.number
        self._stream.seek(self.offset)

    def _piece(self) -> bytes:
        return self._stream.readline(min(ROW_BYTES_MAX + 1, self._until - self.offset))

    def _skip_rest(self, piece: bytes) -> None:
        while piece and not piece.endswith(b"\n"):
            piece = self._piece()
            self.offset += len(piece)
