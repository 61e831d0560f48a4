"""Make the bundled fonts from Noto Sans and Noto Sans CJK: the letters of captions, under 3 MB.

    pip install fonttools
    python scripts/subset_fonts.py NotoSans-Regular.ttf NotoSansCJK-Regular.ttc

Both are in Debian's packages fonts-noto-core and fonts-noto-cjk (SIL Open Font License 1.1).
"""

from __future__ import annotations

import argparse
from pathlib import Path

FONTS = Path(__file__).parents[1] / "src" / "aesmap" / "assets" / "fonts"
LATIN_GREEK_CYRILLIC = (
    *((0x20, 0x24F), (0x259, 0x259), (0x2B0, 0x36F), (0x370, 0x3FF), (0x400, 0x52F)),
    *((0x1E00, 0x1EFF), (0x2000, 0x206F), (0x2070, 0x209F), (0x20A0, 0x20BF), (0x2100, 0x214F)),
    *((0x2190, 0x22FF), (0x25A0, 0x25FF), (0xFB00, 0xFB06), (0xFFFD, 0xFFFD)),
)
KANA_AND_PUNCTUATION = ((0x3000, 0x303F), (0x3041, 0x30FF), (0xFF01, 0xFFEE))
COMMON = {  # codec: lead bytes of its first level, the characters in daily use
    "euc_jp": range(0xB0, 0xD0),
    "gb2312": range(0xB0, 0xD8),
    "euc_kr": range(0xB0, 0xC9),
    "big5": range(0xA4, 0xC7),
}


def characters(*ranges: tuple[int, int]) -> set[int]:
    """The codes of ranges that include their ends."""
    return {code for first, last in ranges for code in range(first, last + 1)}


def common_cjk() -> set[int]:
    """The first levels of the national character sets of Japan, China, Korea and Taiwan."""
    found = set()
    for codec, leads in COMMON.items():
        for lead in leads:
            for trail in (*range(0x40, 0x7F), *range(0xA1, 0xFF)):
                text = bytes([lead, trail]).decode(codec, "ignore")
                found |= {ord(text)} if len(text) == 1 and ord(text) > 0x7F else set()
    return found


def subset(source: Path, target: Path, codes: set[int], features: list[str], drop: str) -> None:
    """Write a font with these characters alone."""
    from fontTools import subset as tools

    options = tools.Options(hinting=False, layout_features=features, font_number=0)
    options.drop_tables += drop.split()
    font = tools.load_font(str(source), options)
    subsetter = tools.Subsetter(options)
    subsetter.populate(unicodes=codes)
    subsetter.subset(font)
    tools.save_font(font, str(target), options)
    print(f"{target}: {target.stat().st_size / 1e6:.2f} MB")


def main() -> None:
    """Make both fonts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sans", type=Path)
    parser.add_argument("cjk", type=Path)
    arguments = parser.parse_args()
    letters = characters(*LATIN_GREEK_CYRILLIC)
    subset(arguments.sans, FONTS / "NotoSans.ttf", letters, ["kern"], "")
    cjk = characters(*KANA_AND_PUNCTUATION) | common_cjk()
    subset(arguments.cjk, FONTS / "NotoSansCJK.otf", cjk, [], "GSUB GPOS VORG vhea vmtx BASE")


if __name__ == "__main__":
    main()
