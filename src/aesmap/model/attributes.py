"""The 66 attributes of AVA: their numbers, which can be seen in a place, which never ship.

Names and numbers are those of AVA's ``tags.txt`` (Murray, Marchesotti, Perronnin, CVPR 2012,
doi:10.1109/CVPR.2012.6247954). The paper leaves 17 of them out of its attribute maps because they
are hardly visible and names eight; the other nine, each with its reason, are our choice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribute:
    """One AVA tag. ``unseen`` says why it has no place in the picture, and is empty if it has."""

    number: int
    name: str
    unseen: str = ""

    @property
    def visual(self) -> bool:
        """Whether an activation map of it means something."""
        return not self.unseen


ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(1, "Abstract", "a way of seeing, spread over the whole picture (named by the paper)"),
    Attribute(2, "Cityscape"),
    Attribute(3, "Fashion"),
    Attribute(4, "Family"),
    Attribute(5, "Humorous", "a joke has no place in the frame (named by the paper)"),
    Attribute(6, "Interior"),
    Attribute(7, "Sky"),
    Attribute(8, "Snapshot", "a manner of taking it"),
    Attribute(9, "Sports"),
    Attribute(10, "Urban"),
    Attribute(11, "Vintage"),
    Attribute(12, "Emotive", "a feeling (named by the paper)"),
    Attribute(13, "Performance"),
    Attribute(14, "Landscape"),
    Attribute(15, "Nature"),
    Attribute(16, "Candid", "a manner of taking it"),
    Attribute(17, "Portraiture"),
    Attribute(
        18, "Still Life", "a genre; what stands in it has tags of its own (named by the paper)"
    ),
    Attribute(19, "Animals"),
    Attribute(20, "Architecture"),
    Attribute(21, "Black and White", "holds everywhere equally (named by the paper)"),
    Attribute(22, "Macro"),
    Attribute(23, "Travel"),
    Attribute(24, "Action"),
    Attribute(25, "Photojournalism", "a use of the picture"),
    Attribute(26, "Nude"),
    Attribute(27, "Rural"),
    Attribute(28, "Water"),
    Attribute(29, "Studio"),
    Attribute(30, "Political", "about the subject (named by the paper)"),
    Attribute(31, "Advertisement"),
    Attribute(32, "Persuasive", "an intention"),
    Attribute(33, "Panoramic"),
    Attribute(34, "Digital Art"),
    Attribute(35, "Seascapes"),
    Attribute(36, "Traditional Art"),
    Attribute(37, "Diptych / Triptych"),
    Attribute(38, "Floral"),
    Attribute(39, "Transportation"),
    Attribute(40, "Food and Drink"),
    Attribute(41, "Science and Technology", "about the subject (named by the paper)"),
    Attribute(42, "Wedding"),
    Attribute(43, "Astrophotography"),
    Attribute(44, "Military"),
    Attribute(45, "History", "about the subject, not the picture (named by the paper)"),
    Attribute(46, "Infrared"),
    Attribute(47, "Self Portrait"),
    Attribute(48, "Textures"),
    Attribute(49, "DPChallenge GTGs", "a gathering of the site's members"),
    Attribute(50, "Children"),
    Attribute(51, "Blur"),
    Attribute(52, "Photo-Impressionism"),
    Attribute(53, "High Dynamic Range (HDR)"),
    Attribute(54, "Texture Library", "a use of the picture"),
    Attribute(55, "Overlays"),
    Attribute(56, "Maternity"),
    Attribute(57, "Birds"),
    Attribute(58, "Horror"),
    Attribute(59, "Music"),
    Attribute(60, "Pinhole/Zone Plate", "the camera used, not seen in a place"),
    Attribute(61, "Street"),
    Attribute(62, "Lensbaby"),
    Attribute(63, "Fish Eye"),
    Attribute(64, "Camera Phones", "the camera used, not seen in a place"),
    Attribute(65, "Insects, etc"),
    Attribute(66, "Analog", "the camera used, not seen in a place"),
)

# aesmap rates photographs, never persons: a shipped model knows none of these.
PERSONAL: frozenset[str] = frozenset(
    {"Children", "Family", "Maternity", "Nude", "Portraiture", "Self Portrait"}
)

# What else an exported model may know: what is seen in a place, and is no person.
MAY_SHIP: frozenset[str] = frozenset(a.name for a in ATTRIBUTES if a.visual) - PERSONAL

BY_NAME: dict[str, Attribute] = {attribute.name: attribute for attribute in ATTRIBUTES}
BY_NUMBER: dict[int, Attribute] = {attribute.number: attribute for attribute in ATTRIBUTES}
VISUAL: tuple[Attribute, ...] = tuple(a for a in ATTRIBUTES if a.visual)
