"""What the page says, in words."""

from __future__ import annotations

from typing import Final

from aesmap.faithfulness import orders
from aesmap.faithfulness.heads import LEVEL
from aesmap.faithfulness.perturbation import BLOCKS, CELLS, SETS, STRIPS
from aesmap.faithfulness.randomisation import REFITTED, SHUFFLED

ORDER_WORDS: Final = {
    orders.MAP: "the map",
    orders.BLURRED: "the map, blurred",
    orders.TRANSPOSED: "the map, transposed",
    orders.RANDOM: "at random",
    orders.CENTRE: "centre first",
    orders.EDGES: "most edges first",
}
WAY_WORDS: Final = {
    "noisy_linear": "noisy linear filling",
    "mean_colour": "mean colour",
    STRIPS: "a strip cut off",
}
PART_WORDS: Final = {
    CELLS: "single cells",
    BLOCKS: "blocks of 3 × 3 cells",
    SETS: "random sets of cells",
    STRIPS: "strips",
}
RANDOMISED_WORDS: Final = {
    "head_permuted": "head, weights permuted",
    "backbone_last_layer": "last convolution anew",
    "backbone_last_quarter": "last quarter of them",
    "backbone_last_half": "last half",
    "backbone_whole": "the whole backbone",
    REFITTED: "head, fitted again",
    SHUFFLED: "head, fitted to shuffled",
}

SECTIONS: Final = {
    "summary": (
        "In short",
        "The score is the mean of its map: that is arithmetic. Whether a cell's value says what"
        " the photograph would lose without it is not, for the network sees more of the photograph"
        " at each cell than the cell. These figures, with noisy linear filling, say how far the"
        " map may be read that way: chance is 0 for the area, 0.5 for mosaics; a perfect R² is 1.",
    ),
    LEVEL: (
        "Taking away what the map names: {label}",
        "Cells are taken away in the map's order. With the highest first, the logit should fall;"
        " with the lowest first, rise. The area between the two curves counts, and what other"
        " orders reach with as many cells.",
    ),
    "agreement": (
        "How much, not only in which order",
        "Each point is a part of a photograph that was taken away: the change that the map predicts"
        " and the one observed, in standard deviations of the logit, less the mean of the parts of"
        " that size in that photograph. Dashed is a perfect prediction. How much of the map's own"
        " change lies outside of what was taken away is what the receptive field leaks.",
    ),
    "randomisation": (
        "Networks spoilt on purpose",
        "Rank correlation of the model's maps with those of randomised networks: near 0 if the maps"
        " come from what was learned. A head that was fitted again, to the model's own logits of"
        " these photographs in their right order, shows what the comparison can reach; fitted to"
        " the same logits shuffled, it has nothing to know.",
    ),
    "minor": (
        "Faults and attributes",
        "Each on the photographs where it is strongest, with noisy linear filling.",
    ),
}


def _sample(kind: str) -> str:
    line = f'<polyline class="{kind}" points="0,4 26,4"/>'
    return f'<svg viewBox="0 0 26 8" aria-hidden="true">{line}</svg>'


KEY: Final = (
    '<ul class="key">'
    f"<li>{_sample('highest own')} highest of the map first</li>"
    f"<li>{_sample('lowest own')} lowest of the map first</li>"
    f"<li>{_sample('blurred')} the map, blurred</li>"
    f"<li>{_sample('transposed')} the map, transposed</li>"
    f"<li>{_sample('random')} at random</li></ul>"
)
