"""What the papers' tables say, row by row: shown beside our own figures, which come from other data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# Storey et al. 2019, table 2 and figure 10; Niu et al. 2024, table 4 (accuracy of the value model); Liu et al. 2020,
# table IV; Oo, Lee and Lim 2024, abstract. Rows that a paper does not state are not here.
PUBLISHED: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("3dpalsynet", "frames"): {"8 frames": "F1 .86", "12 frames": "F1 .71", "16 frames": "F1 .79"},
    ("3dpalsynet", "loss"): {
        "centre and softmax loss": "F1 .86 (grade), .49 (mouth)",
        "softmax loss": "F1 .82 (grade), .82 (mouth)",
    },
    ("dem", "backbones"): {
        "resnet50": "accuracy .8881",
        "resnet101": "accuracy .9070",
        "resnet152": "accuracy .9095",
        "densenet169": "accuracy .8895",
        "densenet201": "accuracy .8956",
        "mobilenetv3": "accuracy .9084",
        "efficientnet_b6": "accuracy .9056",
        "efficientnet_b7": "accuracy .9088",
        "vgg16": "accuracy .9059",
        "vgg19": "accuracy .9167",
    },
    ("phcnn-lstm", "models"): {
        "LSTM-FACE-N1": "accuracy .9167, F1 .902",
        "LSTM-VGG16": "accuracy .8086, F1 .838",
        "LSTM": "accuracy .7829, F1 .830",
        "SENet": "accuracy .8698, F1 .894",
        "PHCNN": "accuracy .8791, F1 .880",
        "PHCNN-LSTM": "accuracy .9481, F1 .942",
    },
    ("fusion", "modalities"): {
        "expression": "precision .7622",
        "segments": "recall .8347",
        "segments and expression": "precision .7705",
    },
}
