"""What every network of the published systems must do."""

import copy

import pytest
import torch
import torchvision
from torch import nn

from analysis.action_units.dem import backbones
from analysis.action_units.dem.network import DemConfig, DifferenceModel, ValueModel
from analysis.devices import exactly
from analysis.grading.fusion.network import FusionConfig, FusionNet, Modality
from analysis.grading.fusion.trunk import ResNetTrunk, TrunkConfig
from analysis.grading.palsynet.network import PalsyNet, PalsyNetConfig
from analysis.grading.phcnn_lstm import comparisons
from analysis.grading.phcnn_lstm.network import PhcnnConfig, PhcnnLstm
from tests.analysis.systems.small import CASES, DEM, FUSION, PALSYNET, PHCNN, Case
from tests.devices import every_device

every_network = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@every_network
def test_outputs_have_the_stated_shapes(case: Case):
    out = case.call(case.build(), case.inputs(2))
    assert [tuple(o.shape) for o in out] == case.shapes


@every_network
def test_every_parameter_gets_a_gradient(case: Case):
    net = case.build()
    loss = sum((o.square() * torch.rand_like(o)).sum() for o in case.call(net, case.inputs(3)))
    loss.backward()
    without = [n for n, p in net.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert without == []


@every_network
def test_a_batch_of_two_equals_two_singles(case: Case):
    net = case.build().eval()
    inputs = case.inputs(2)
    with torch.no_grad():
        both = case.call(net, inputs)
        singles = [case.call(net, [x[i : i + 1] for x in inputs]) for i in (0, 1)]
    for k, out in enumerate(both):
        torch.testing.assert_close(out, torch.cat([s[k] for s in singles]), rtol=1e-4, atol=1e-5)


@every_device
@every_network
def test_a_device_gives_the_processors_outputs_and_gradients(case: Case, device: str):
    """In single precision, what a network says and how each parameter would learn, to a thousandth."""
    net = case.build().eval()
    inputs = case.inputs(2)
    there = copy.deepcopy(net).to(device)
    weights = [torch.rand_like(o) for o in case.call(net, inputs)]
    with exactly():
        for network, given in ((net, inputs), (there, [x.to(device) for x in inputs])):
            found = case.call(network, given)
            sum((o * w.to(o.device)).sum() for o, w in zip(found, weights, strict=True)).backward()
            for o, wanted in zip(found, case.call(net, inputs), strict=True):
                torch.testing.assert_close(o.cpu(), wanted, rtol=1e-3, atol=1e-3 * wanted.abs().max().item())
    for (name, here), other in zip(net.named_parameters(), there.parameters(), strict=True):
        assert other.device.type == device
        if here.grad is not None:
            away = float((here.grad - other.grad.cpu()).abs().max())
            assert away <= 1e-3 * float(here.grad.abs().max()), name


@every_network
def test_inputs_of_another_shape_or_kind_are_refused(case: Case):
    net = case.build().eval()
    good = case.inputs(2)
    bad = [[x[..., :-1] for x in good], [x.to(torch.uint8) for x in good], [x[:0] for x in good]]
    if case.name == "dem differences":  # takes what the value model gives; only the number of levels is its own
        bad = [good[:-1], [*good, good[0]]]
    for inputs in bad:
        with pytest.raises(ValueError, match=r"must|levels"):
            case.call(net, inputs)


def test_strips_of_other_sequences_are_refused():
    net = comparisons.build("PHCNN-LSTM", PHCNN)
    with pytest.raises(ValueError, match="strips of the mouth"):
        net(torch.randn(2, 4, 3, 32, 32), torch.randn(2, 4, 3, 16, 48), torch.randn(1, 4, 3, 16, 48))


def test_a_missing_modality_is_refused():
    with pytest.raises(ValueError, match="missing"):
        FusionNet(FUSION)({Modality.RGB: torch.randn(1, 3, 32, 32)})


@pytest.mark.parametrize(
    "make",
    [
        lambda: comparisons.build("VGG", PHCNN),
        lambda: backbones.build("alexnet", 3),
        lambda: backbones.build("resnet50", 3, width=8),
        lambda: ValueModel(DemConfig(backbone="vgg11", width=4, dense=8, levels=(6,))),
        lambda: FusionNet(FusionConfig(modalities=())),
        lambda: FusionNet(FusionConfig(modalities=(Modality.EXPRESSION, Modality.EXPRESSION))),
    ],
)
def test_impossible_configurations_are_refused(make):
    with pytest.raises(ValueError):
        make()


def test_published_sizes_agree_with_independent_counts():
    with torch.device("meta"):
        models = torchvision.models
        assert parameters(PalsyNet(PalsyNetConfig(tasks=(("grade", 6),)))) == parameters(
            models.video.r3d_18(num_classes=6)
        )
        assert parameters(ValueModel()) == parameters(models.vgg19(num_classes=12 * 6))
        assert parameters(ResNetTrunk(TrunkConfig())) == parameters(models.resnet50()) - (2048 * 1000 + 1000)
        assert parameters(DifferenceModel()) == (
            parameters(models.vgg19(num_classes=12 * 11)) - (3 * 9 * 64 + 64) - (64 * 9 * 64 + 64)
        )


@pytest.mark.parametrize("name", backbones.TABLE_4)
def test_backbones_of_the_papers_table_are_torchvisions(name: str):
    constructor = {"mobilenetv3": "mobilenet_v3_large"}.get(name, name)
    with torch.device("meta"):
        ours = backbones.build(name, 72)
        theirs = getattr(torchvision.models, constructor)(num_classes=72)
    assert sum(parameters(part) for part in (*ours.stages, ours.head)) == parameters(theirs)


def test_phcnn_lstm_has_the_layers_of_the_papers_figure():
    with torch.device("meta"):
        net = PhcnnLstm(PhcnnConfig())
    conv = {
        name: [m.out_channels for m in getattr(net.static, name).modules() if isinstance(m, nn.Conv2d)]
        for name in ("face", "eyes", "mouth")
    }
    dense = {
        name: [m.out_features for m in getattr(net.static, name).modules() if isinstance(m, nn.Linear)]
        for name in ("face", "eyes", "mouth")
    }
    assert conv == {
        "face": [16, 16, 32, 32, 64, 64],
        "eyes": [8, 8, 32, 32, 128, 128],
        "mouth": [8, 8, 32, 32, 128, 128],
    }
    assert dense == {"face": [1024], "eyes": [1024] * 3, "mouth": [1024] * 3}
    assert net.lstm.input_size == 3072


def test_the_vgg16_comparison_has_vgg16s_convolutions():
    with torch.device("meta"):
        ours = comparisons.build("LSTM-VGG16", PhcnnConfig())
        theirs = torchvision.models.vgg16()
    assert parameters(ours.static) == parameters(theirs.features)


def test_kinetics_weights_fit_and_are_used():
    source = torchvision.models.video.r3d_18(weights=None, num_classes=4)
    net = PalsyNet(PalsyNetConfig(tasks=(("grade", 6),), frames=2, size_px=16)).eval()
    net.load_kinetics(source.state_dict())
    x = torch.randn(1, 3, 2, 16, 16)
    seen = {}
    source.eval().avgpool.register_forward_hook(lambda _m, _i, out: seen.update(out=out.flatten(1)))
    with torch.no_grad():
        source(x)
        torch.testing.assert_close(net(x)["grade"].features, seen["out"])


def test_kinetics_weights_of_another_width_are_refused():
    with pytest.raises(ValueError, match="do not fit"):
        PalsyNet(PALSYNET).load_kinetics({"stem.0.weight": torch.zeros(64, 3, 3, 7, 7)})


def test_frozen_early_stages_neither_learn_nor_drift():
    net = PalsyNet(PALSYNET)
    net.freeze_early()
    net.train()
    before = {k: v.clone() for k, v in net.state_dict().items()}
    scores = net(torch.randn(2, 3, 4, 32, 32))
    sum(s.logits.sum() for s in scores.values()).backward()
    torch.optim.SGD([p for p in net.parameters() if p.requires_grad], lr=0.1).step()
    changed = {k.split(".")[0] for k, v in net.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == {"branches"}


def test_fusion_weighs_its_branches_to_one():
    net = FusionNet(FUSION)
    nn.init.normal_(net.weights)
    assert sum(net.shares().values()) == pytest.approx(1)
    assert set(net.shares()) == set(FUSION.modalities)


def test_difference_model_can_enter_at_a_deeper_stage_alone():
    cfg = DemConfig(action_units=("AU1",), backbone="vgg11", width=4, dense=16, size_px=(64, 32), levels=(4,))
    _, features = ValueModel(cfg)(torch.randn(2, 3, 64, 32))
    assert [tuple(f.shape) for f in features] == [(2, 32, 4, 2)]
    assert DifferenceModel(cfg)(features).shape == (2, 1, 11)
    assert parameters(DifferenceModel(cfg)) < parameters(DifferenceModel(DemConfig(**{**_fields(cfg), "levels": ()})))


def _fields(cfg: DemConfig) -> dict:
    return {name: getattr(cfg, name) for name in DEM.__dataclass_fields__}
