"""The file to import, opened with care: an ordinary text in UTF-8 of a bounded size, read piece by piece."""

import codecs
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistance.errors import ContentError, Fault

MAX_PIECE_BYTES = 1_000_000  # of one row, or of one value of a JSON file
_HEAD_BYTES = 4096
_PIECE_BYTES = 65_536
_NOT_TEXT = {
    b"PK\x03\x04": "une archive ZIP ou un classeur (xlsx, ods) : extraire le fichier, ou l'enregistrer en CSV UTF-8",
    b"PK\x05\x06": "une archive ZIP vide",
    b"\x1f\x8b": "un fichier compressé (gzip) : le décompresser d'abord",
    b"BZh": "un fichier compressé (bzip2) : le décompresser d'abord",
    b"\xfd7zXZ": "un fichier compressé (xz) : le décompresser d'abord",
    b"7z\xbc\xaf": "une archive 7-Zip : extraire le fichier d'abord",
    b"(\xb5/\xfd": "un fichier compressé (zstd) : le décompresser d'abord",
    b"Rar!": "une archive RAR : extraire le fichier d'abord",
    b"\xd0\xcf\x11\xe0": "un classeur Excel ancien (xls) : l'enregistrer en CSV UTF-8",
    b"%PDF": "un PDF",
    b"PAR1": "un fichier Parquet : l'enregistrer en CSV ou en JSON",
    b"SQLite format 3": "une base SQLite",
}
_OTHER_ENCODINGS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


def refuse(path: Path, line: int, reason: str) -> ContentError:
    """The error of one fault."""
    return ContentError([Fault(str(path), line, reason)])


class SourceFile:
    """Bytes of a file, checked as they pass: UTF-8 without NUL, and never more than a piece without a pause.

    The reader calls `rest()` each time it has made something of what it read.
    """

    def __init__(self, path: Path, file: io.BufferedReader) -> None:
        self.path, self.line = path, 1
        self._file, self._unrested = file, 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        if file.peek(3)[:3] == codecs.BOM_UTF8:
            file.read(3)

    def read(self, size: int) -> bytes:
        return self._checked(self._file.read(size)) if size else b""  # the parser asks what kind of thing is read

    def readline(self) -> bytes:
        return self._checked(self._file.readline(MAX_PIECE_BYTES + 1))

    def rest(self) -> None:
        self._unrested = 0

    def starts_like_json(self) -> bool:
        """Whether the first character is one of JSON; nothing is consumed."""
        return self._file.peek(_HEAD_BYTES).lstrip()[:1] in (b"{", b"[")

    def _checked(self, piece: bytes) -> bytes:
        self._unrested += len(piece)
        if self._unrested > MAX_PIECE_BYTES:
            raise refuse(self.path, self.line, "une ligne ou une valeur dépasse 1 Mo")
        self._check_text(piece)
        self.line += piece.count(b"\n")
        return piece

    def _check_text(self, piece: bytes) -> None:
        if b"\0" in piece:
            line = self.line + piece[: piece.index(b"\0")].count(b"\n")
            raise refuse(self.path, line, "caractère nul : le fichier n'est pas un texte en UTF-8 (UTF-16, ou abîmé)")
        try:
            self._decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            line = self.line + piece[: max(error.start, 0)].count(b"\n")
            reason = "le fichier n'est pas en UTF-8, mais sans doute en Latin-1 (Windows-1252) : l'enregistrer en UTF-8"
            raise refuse(self.path, line, reason) from None


@contextmanager
def open_source(path: Path, max_mb: int, markup: bool = False) -> Iterator[SourceFile]:
    """Open `path`; raises ContentError for what is no text file, or one of more than `max_mb` megabytes.

    XML and web pages are refused unless `markup`, and then alone accepted.
    """
    try:
        # Without waiting: a FIFO that nobody feeds would hold the command for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise refuse(path, 1, "le fichier n'existe pas") from None
    except OSError as error:
        raise refuse(path, 1, f"le fichier ne peut pas être lu ({error.strerror})") from None
    try:
        _check_kind(path, os.fstat(descriptor), max_mb)
    except ContentError:
        os.close(descriptor)
        raise
    with open(descriptor, "rb") as file:
        _check_head(path, file.peek(_HEAD_BYTES)[:_HEAD_BYTES], markup)
        yield SourceFile(path, file)


def _check_kind(path: Path, status: os.stat_result, max_mb: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = "un dossier" if stat.S_ISDIR(status.st_mode) else "un fichier spécial (tube, périphérique)"
        raise refuse(path, 1, f"c'est {kind}, pas un fichier")
    if status.st_size > max_mb * 1_000_000:
        raise refuse(path, 1, f"{status.st_size // 1_000_000} Mo : plus que les {max_mb} Mo admis (--max-mb)")


def read_markup(path: Path, max_mb: int) -> str:
    """Return the text of an XML file or a web page. Raises ContentError like `open_source`, or when not in UTF-8."""
    pieces = []
    with open_source(path, max_mb, markup=True) as source:
        while piece := source.read(_PIECE_BYTES):
            source.rest()
            pieces.append(piece)
    return b"".join(pieces).decode()


def _check_head(path: Path, head: bytes, markup: bool) -> None:
    if not head.removeprefix(codecs.BOM_UTF8).strip():
        raise refuse(path, 1, "le fichier est vide")
    for start, what in _NOT_TEXT.items():
        if head.startswith(start):
            raise refuse(path, 1, f"c'est {what}")
    if head[257:262] == b"ustar":
        raise refuse(path, 1, "c'est une archive tar : extraire le fichier d'abord")
    for start, name in _OTHER_ENCODINGS.items():
        if head.startswith(start):
            raise refuse(path, 1, f"le fichier est en {name} : l'enregistrer en UTF-8")
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<") == markup:
        return
    if markup:
        raise refuse(path, 1, "ce n'est ni du XML ni une page web")
    raise refuse(path, 1, "c'est du XML ou une page web : seuls le CSV et le JSON sont lus")
