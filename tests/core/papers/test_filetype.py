"""A file is what its bytes are."""

import io
import zipfile

import pytest

from portal.filetype import kind_of

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17) + b"\0\0\0\0IEND\xaeB`\x82"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(50) + b"\xff\xd9"


def packed(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "<x/>")
    return buffer.getvalue()


DOCX = packed("[Content_Types].xml", "word/document.xml")


@pytest.mark.parametrize(("data", "kind"), [(PDF, "pdf"), (PNG, "png"), (JPEG, "jpeg"), (DOCX, "docx")])
def test_what_it_is(data, kind):
    assert kind_of(data) == kind


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF",
        b"MZ\x90\0" + bytes(100),
        b"<html><script>alert(1)</script>%PDF-1.4 %%EOF",
        b"\n" + PDF,
        PDF[:-7],
        PNG[:-12],
        JPEG[:-2],
        DOCX[:-10],
        b"PK\3\4" + bytes(10),
        packed("word/document.xml"),
        packed("[Content_Types].xml", "xl/workbook.xml"),
        packed("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    ],
)
def test_what_it_is_not(data):
    assert kind_of(data) == ""
