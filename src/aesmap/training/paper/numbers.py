"""What Zhang et al. 2018 report: tables 1 to 3 and the claims made of them, as data.

Signal Processing: Image Communication 67, doi:10.1016/j.image.2018.05.006. All accuracies are
shares of 1 on AVA's official test list (the paper prints per cent).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DOI: Final = "10.1016/j.image.2018.05.006"
BACKBONES: Final = ("alexnet", "vgg16")
VARIANTS: Final = ("AesCNN", "AesCNN-W", "AesAttCNN", "AesAttCNN-W")
WEIGHT_OF_TABLE_1: Final = (1.0, 6.0)
"""(a, b) of the "-W" variants: table 1 repeats the w(1:6) of table 2."""

RATIOS: Final = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 10.0)
"""b/a of table 2 for a = 1."""
WEIGHTS_OF_TABLE_2: Final = (*((1.0, ratio) for ratio in RATIOS), (0.0, 1.0))
"""(a, b) of table 2's columns; w(0:1) drops the images in between."""

TABLE_1: Final = MappingProxyType(
    {
        "alexnet": dict(zip(VARIANTS, (0.7682, 0.7739, 0.7677, 0.7718), strict=True)),
        "vgg16": dict(zip(VARIANTS, (0.7860, 0.7887, 0.7689, 0.7862), strict=True)),
    }
)

_ALEXNET = (0.7682, 0.7700, 0.7716, 0.7724, 0.7726, 0.7739, 0.7739, 0.7728, 0.7607)
_VGG16 = (0.7860, 0.7870, 0.7884, 0.7884, 0.7881, 0.7887, 0.7884, 0.7880, 0.7733)
TABLE_2: Final = MappingProxyType(
    {
        "alexnet": dict(zip(WEIGHTS_OF_TABLE_2, _ALEXNET, strict=True)),
        "vgg16": dict(zip(WEIGHTS_OF_TABLE_2, _VGG16, strict=True)),
    }
)


@dataclass(frozen=True)
class Rival:
    """One row of table 3; ``ours`` marks the paper's own models."""

    model: str
    year: int
    accuracy: float
    ours: bool = False


TABLE_3: Final = (
    Rival("Murray et al.", 2012, 0.6800),
    Rival("RDCNN", 2014, 0.7446),
    Rival("DMA-Net-ImgFustat", 2015, 0.7541),
    Rival("Reg-Rank+Att (alex)", 2016, 0.7548),
    Rival("Reg-Rank+Att+Cont (alex)", 2016, 0.7733),
    Rival("MNA-CNN-Scene (vgg)", 2016, 0.7740),
    Rival("Triplet-Loss", 2016, 0.7583),
    Rival("MTCNN (alex)", 2017, 0.7615),
    Rival("MTCNN (vgg)", 2017, 0.7773),
    Rival("MTRLCNN (alex)", 2017, 0.7735),
    Rival("MTRLCNN (vgg)", 2017, 0.7846),
    Rival("AesCNN-W (alex)", 2018, 0.7739, ours=True),
    Rival("AesCNN-W (vgg)", 2018, 0.7887, ours=True),
    Rival("AesAttCNN-W (alex)", 2018, 0.7718, ours=True),
    Rival("AesAttCNN-W (vgg)", 2018, 0.7862, ours=True),
)

CLAIMS: Final = MappingProxyType(
    {
        "weighting_helps": (
            "Weighting always helps: each -W variant is more accurate than the same network"
            " without weights (section 4.3)."
        ),
        "rises_then_falls": (
            "Accuracy rises with b/a from 1 to 7 and is lower again at 10 (section 4.4, figure 5)."
        ),
        "dropping_is_worse": (
            "Dropping the ambiguous images, w(0:1), is worse than every ratio (section 4.4)."
        ),
        "attributes_cost": ("Training the attributes along costs a little accuracy (section 4.3)."),
        "only_the_ratio_matters": (
            "Only the ratio b/a matters, not the values of a and b (section 3.2)."
        ),
    }
)
"""The claims that the tables can be asked about; :mod:`~.claims` judges them."""

HIGH_ON_TEST_LIST: Final = 14_167 / 19_930
"""High images among the official test ids that the public labels have; docs/reproduction.md."""

MISTAKES: Final = (
    "Section 4.5 gives 77.33 % for Reg-Rank+Att+Cont to VGG; table 3 and the source say AlexNet.",
    "Section 3.1 and figure 4 give VGG-16's last feature map 256 channels; it has 512.",
    "The 83 % of images called ambiguous lie in [4.5, 6.5]; the weights of eq. 9 use (4, 6).",
    "Figure 4 counts 256 x 14 x 14 x (4096 + 1) weights: a bias belongs to a unit, not to an input,"
    " so the layer has 256 x 14 x 14 x 4096 + 4096.",
    "Eq. 12 has no bias and sums where the network averages; the maps account for the logit only"
    " with the bias.",
    f"On the official test list {100 * HIGH_ON_TEST_LIST:.1f} % of the images are of the high"
    " level, so that accuracies start there; the paper reports no balanced accuracy.",
    "The gains (0.3 to 0.6 points) are near the sampling error of 20,000 images (0.3 points); the"
    " paper gives one run each and no interval.",
    "Epochs, batch size, the steps of the learning rate, flips, and how five crops become one"
    " answer are not said.",
    "Dividing by N and not by the sum of the weights, w(1:6) also makes the steps larger: weighting"
    " and learning rate are mixed. The mean-1 control keeps them apart.",
    "About 23 % of AVA's images have no tag; the attribute loss takes all 66 as absent there.",
)
"""What the paper gets wrong or leaves out, for the reader of a reproduction."""
