"""The sandbox carrier's labels on paper: as plain as a PDF and a ZPL document can be, the same for the same parcel."""

import re
from collections.abc import Sequence

from gateways.ports import LabelFormat


def prints(lines: Sequence[str]) -> dict[LabelFormat, bytes]:
    return {LabelFormat.PDF: _pdf(lines), LabelFormat.ZPL: _zpl(lines)}


def _zpl(lines: Sequence[str]) -> bytes:
    texts = [f"^FO40,{60 + 60 * place}^A0N,36^FD{_plain(line)}^FS" for place, line in enumerate(lines)]
    return "\n".join(["^XA", *texts, f"^FO40,{80 + 60 * len(lines)}^BY3^BCN,160,Y,N,N^FD{lines[0]}^FS", "^XZ"]).encode()


def _pdf(lines: Sequence[str]) -> bytes:
    """Write one page of 4 by 6 inches with the lines on it."""
    shown = "".join(f"({_plain(line)}) Tj 0 -20 Td " for line in lines)
    page = f"BT /F1 12 Tf 20 400 Td {shown}ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 288 432] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
    ]
    text, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, start=1):
        places.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return text + end % (count, table, count, len(text))


def _plain(line: str) -> str:
    """What neither document takes for a command of its own."""
    return re.sub(r"[^ -~]|[()\\^~]", " ", line)
