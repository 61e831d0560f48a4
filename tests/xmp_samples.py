"""XMP packets with foreign content, as several programs write them, for tests of tags."""

from __future__ import annotations

from hypothesis import strategies as st

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
DC = "http://purl.org/dc/elements/1.1/"

DARKTABLE = """<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:darktable="http://darktable.sf.net/"
   xmp:Rating="2"
   darktable:history_end="1">
   <!-- kept -->
   <dc:subject>
    <rdf:Bag>
     <rdf:li>sky</rdf:li>
     <rdf:li>holiday</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <darktable:history>
    <rdf:Seq>
     <rdf:li darktable:num="0" darktable:params="gz01&amp;x"/>
    </rdf:Seq>
   </darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""

REJECTED = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmp:Rating="-1">'
    "<dc:subject><rdf:Bag><rdf:li>Grandma</rdf:li></rdf:Bag></dc:subject>"
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)
"""A photograph that its owner rejected, with a keyword."""

_text = st.text(
    st.sampled_from("abcXYZ 0189.-_éßЖ写😀'\"&<>")
    | st.characters(codec="utf-8", categories=("L",)),
    max_size=12,
)


def _escaped(text: str) -> str:
    return (
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;")
    )


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    """A well-formed packet: any wrapper, encoding, layout and form, with foreign content."""
    newline = draw(st.sampled_from(["", "\n", "\r\n", "\n  ", "\n\t"]))
    quote = draw(st.sampled_from("\"'"))
    foreign = st.sampled_from(
        [
            "<!-- a comment: <dc:subject> & more -->",
            "<?adobe rating='3'?>",
            "<f:a><![CDATA[ <rdf:RDF> ]]></f:a>",
            '<f:b rdf:parseType="Resource"><f:c>1</f:c><xmp:Rating>9</xmp:Rating></f:b>',
            '<f:d rdf:resource="http://example.org/?a=1&amp;b=2"/>',
            '<f:e><rdf:Alt><rdf:li xml:lang="x-default">x &#x41;</rdf:li></rdf:Alt></f:e>',
            '<f:deep><rdf:Bag><rdf:li><rdf:Description f:q="1"><f:r><f:s><f:t>1</f:t></f:s></f:r>'
            "</rdf:Description></rdf:li></rdf:Bag></f:deep>",
        ]
    )
    about = draw(st.sampled_from(["", "uuid:faf5", "a&amp;b"]))
    declared = f"xmlns:xmp='{XMP}' xmlns:d='{DC}' xmlns:f='http://example.org/f#'"
    attributes = [
        f"f:x{n}={quote}{draw(st.integers())}{quote}" for n in range(draw(st.integers(0, 2)))
    ]
    children = [draw(foreign) for _ in range(draw(st.integers(0, 3)))]
    rating = draw(st.sampled_from([None, "", "0", "-1", "2", "5", " 3 "]))
    if rating is not None:
        form = draw(st.sampled_from(["attribute", "element"]))
        if form == "attribute":
            attributes.append(f"xmp:Rating = {quote}{rating}{quote}")
        else:
            empty = rating == "" and draw(st.booleans())
            children.append("<xmp:Rating />" if empty else f"<xmp:Rating>{rating}</xmp:Rating>")
    words = draw(st.none() | st.lists(_text, max_size=3))
    if words is not None:
        kind = draw(st.sampled_from(["Bag", "Seq", "Alt"]))
        items = "".join(f"{newline}<rdf:li>{_escaped(word)}</rdf:li>" for word in words)
        blank = draw(
            st.sampled_from(
                [
                    "<d:subject/>",
                    "<d:subject> </d:subject>",
                    f"<d:subject><rdf:{kind}/></d:subject>",
                ]
            )
        )
        full = f"<d:subject>{newline}<rdf:{kind}>{items}{newline}</rdf:{kind}></d:subject>"
        children.append(full if words else blank)
    children = draw(st.permutations(children))
    start = newline.join(
        [
            f"<rdf:Description rdf:about={quote}{about}{quote} {declared}",
            *(f" {a}" for a in attributes),
        ]
    )
    inner = "".join(newline + child for child in children)
    description = f"{start}>{inner}{newline}</rdf:Description>" if inner else f"{start} />"
    more = draw(
        st.sampled_from(
            [
                "",
                f"<!-- end -->{newline}",
                f'<rdf:Description xmlns:f="urn:f" f:y="1" rdf:about={quote}{about}{quote}/>',
            ]
        )
    )
    rdf = f"<rdf:RDF xmlns:rdf='{RDF}'>{newline}{description}{newline}{more}</rdf:RDF>"
    if draw(st.integers(0, 9)) == 0:
        rdf = f"<rdf:RDF xmlns:rdf='{RDF}'/>"
    if draw(st.booleans()):
        start = '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="&lt;7">'
        rdf = f"{start}{newline}{rdf}{newline}</x:xmpmeta>"
    codec = draw(
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
    )
    wrapper = draw(st.sampled_from(["none", "xpacket", "xml"]))
    if wrapper == "xpacket":
        padding = (" " * 20 + (newline or "\n")) * draw(st.integers(0, 3))
        start = "<?xpacket begin='\ufeff' id='W5M0MpCehiHzreSzNTczkc9d'?>"
        rdf = f"{start}{rdf}{padding}<?xpacket end='w'?>"
    elif wrapper == "xml":
        name = codec.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
        rdf = f'<?xml version="1.0" encoding="{name}"?>{newline}{rdf}{newline}'
    return rdf.encode(codec)
