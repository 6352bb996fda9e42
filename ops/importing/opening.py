"""A content as a table, by what it is."""

from ops.importing import documents, separated, sheets
from ops.importing.files import OLD_SHEET, ZIP, Content
from ops.importing.records import Table
from ops.importing.rows import UnusableFile

_BLANK = b" \t\r\n\xef\xbb\xbf\xff\xfe\0"


def table(content: Content) -> Table:
    """Raises UnusableFile for what is none."""
    magic = content.begins()
    if magic.startswith((ZIP, OLD_SHEET)):
        return sheets.table(content)
    begin = content.begins(4000).lstrip(_BLANK)
    if not begin:
        raise UnusableFile("the file is empty")
    if begin[:1] in (b"{", b"["):
        return documents.table(content)
    if magic.startswith((b"%PDF", b"<?xml", b"<html", b"<!DOC")):
        raise UnusableFile("it is no table: export it as CSV, XLSX or JSON")
    return separated.table(content)
