"""Joint supervision by softmax and centre loss (Storey et al. 2019, equations 5-7; Wen et al. 2016)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

BALANCE = 0.001  # lambda of equation 7


class CentreLoss(nn.Module):
    """Half the squared distance of each feature vector to the centre of its class, mean over the batch.

    Input: features (B, F), classes (B,) int64. Output: two scalars: for the network (centres held still) and for the
    centres (features held still), so that the balance of equation 7 does not slow the centres down.
    Raises: ValueError when the features have another width than the centres.
    Source: equation 6. Differs: means instead of sums over the batch, as equation 5 is taken here too; the ratio of
        the two terms is the paper's.
    """

    def __init__(self, classes: int, features: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.zeros(classes, features))

    def forward(self, features: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        if features.ndim != 2 or features.shape[1] != self.centres.shape[1]:
            raise ValueError(f"features must be (batch, {self.centres.shape[1]}), not {tuple(features.shape)}")
        centres = self.centres[classes].to(features.dtype)  # (B, F)
        return _half_square(features, centres.detach()), _half_square(features.detach(), centres)


def joint_loss(features: Tensor, logits: Tensor, classes: Tensor, centres: CentreLoss | None) -> Tensor:
    """Equation 7 (equation 5 lacks the minus sign of a loss; it is added). Without centres: softmax loss alone."""
    softmax = functional.cross_entropy(logits, classes)
    if centres is None:
        return softmax
    for_network, for_centres = centres(features, classes)
    total: Tensor = softmax + BALANCE * for_network + for_centres
    return total


def _half_square(a: Tensor, b: Tensor) -> Tensor:
    return 0.5 * (a - b).square().sum(dim=1).mean()
