"""Lines of an answer while it comes: they end at newlines alone, whatever else ends a line of a text."""


class LineCutter:
    """Cuts pieces of any size into lines; a text in JSON may hold U+2028 or U+0085 as it is."""

    def __init__(self) -> None:
        self._begun: list[bytes] = []

    def cut(self, piece: bytes) -> list[bytes]:
        """Return the lines that have ended with this piece."""
        first, *others = piece.split(b"\n")
        self._begun.append(first)
        if not others:
            return []
        whole = [b"".join(self._begun), *others[:-1]]
        self._begun = [others[-1]]
        return whole

    def rest(self) -> bytes:
        """Return what came after the last newline."""
        return b"".join(self._begun)
