"""The published systems that can be trained, by the name that the command line knows them by."""

from __future__ import annotations

from typing import Final

from analysis.training.systems.base import System
from analysis.training.systems.dem import DemSystem
from analysis.training.systems.fusion import FusionSystem
from analysis.training.systems.integrated import IntegratedSystem
from analysis.training.systems.palsynet import PalsyNetSystem
from analysis.training.systems.phcnn import PhcnnSystem

SYSTEMS: Final[dict[str, type[System]]] = {
    kind.name: kind for kind in (PalsyNetSystem, DemSystem, PhcnnSystem, FusionSystem, IntegratedSystem)
}
