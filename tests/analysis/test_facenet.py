import sys

import numpy as np
import torch

from analysis.faces.facenet import batched_nms, mtcnn_class


def test_suppression_keeps_what_torchvision_keeps():
    from torchvision.ops import batched_nms as reference

    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 80, (400, 2))
    boxes = torch.tensor(np.hstack([corner, corner + rng.uniform(5, 40, (400, 2))]), dtype=torch.float32)
    scores = torch.tensor(rng.uniform(size=400), dtype=torch.float32)
    groups = torch.tensor(rng.integers(0, 3, 400))
    for threshold in (0.3, 0.5, 0.7):
        kept = batched_nms(boxes, scores, groups, threshold)
        assert kept.tolist() == reference(boxes, scores, groups, threshold).tolist()
        assert 10 < len(kept) < 390


def test_no_boxes_give_no_indices():
    assert batched_nms(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0), 0.5).tolist() == []


def test_torchvision_itself_can_still_be_loaded():
    mtcnn_class()
    import torchvision.ops

    assert torchvision.ops is sys.modules["torchvision.ops"]
    assert hasattr(torchvision.ops, "roi_align")
