"""Words of others on a screen: what would move its cursor, or turn a line, is spelled."""

from collections.abc import Mapping
from typing import Final

_CONTROLS: Final = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
_TURNING: Final = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""The order in which a line is read."""
VISIBLE: Final[Mapping[int, str]] = {
    code: f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
    for code in (*_CONTROLS, *_TURNING)
    if chr(code) not in "\t\n"
}
"""For `str.translate`."""
