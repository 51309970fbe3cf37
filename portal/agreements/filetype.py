"""What a file is by its bytes, whatever it is called. Pure: bytes in, a kind out."""

import io
import zipfile

import puremagic

KINDS = {
    "signed": ("pdf", "png", "jpeg"),
    "draft": ("pdf", "docx"),
    "dpia": ("pdf", "docx"),
}
MIMETYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_NAMED = {".pdf": "pdf", ".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".jfif": "jpeg"}
_TAIL = 2048  # bytes in which a whole PDF says that it ends


def kind_of(data: bytes) -> str:
    """Return pdf, png, jpeg or docx; "" for anything else, for what was cut off, and for documents with macros."""
    if data.startswith(b"PK"):
        return "docx" if _is_document(data) else ""
    try:
        found = {_NAMED.get(one.extension, "") for one in puremagic.magic_string(data)}
    except (puremagic.PureError, ValueError):
        return ""
    return next((kind for kind in ("pdf", "png", "jpeg") if kind in found and _whole(kind, data)), "")


def _whole(kind: str, data: bytes) -> bool:
    if kind == "pdf":
        return data.startswith(b"%PDF-") and b"%%EOF" in data[-_TAIL:]
    if kind == "png":
        return data.startswith(b"\x89PNG\r\n\x1a\n") and b"IEND" in data[-16:]
    return data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-_TAIL:]


def _is_document(data: bytes) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            names = set(packed.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    macros = any(name.endswith(("vbaProject.bin", "vbaData.xml")) for name in names)
    return {"[Content_Types].xml", "word/document.xml"} <= names and not macros
