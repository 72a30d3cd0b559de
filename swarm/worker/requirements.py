"""What a torch for CUDA requires of NVIDIA's driver and of a card. Pure."""

import re
from collections.abc import Sequence

# By the major version of CUDA: https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html
OLDEST_DRIVERS = {11: 450, 12: 525, 13: 580}
_VERSION = re.compile(r"(\d{1,5})(?:\.(\d{1,5}))?", re.ASCII)
_ARCH = re.compile(r"(sm|compute)_(\d{1,3})(\d)[a-z]?", re.ASCII)


def driver_fault(driver: str, cuda: str) -> str:
    """Return why a driver is too old for a version of CUDA, "" if it is not, or if that cannot be told."""
    own, wanted = _VERSION.match(driver), _VERSION.match(cuda)
    oldest = OLDEST_DRIVERS.get(int(wanted[1])) if wanted else None
    if own is None or oldest is None or int(own[1]) >= oldest:
        return ""
    return f"its CUDA {cuda} needs driver {oldest} or newer, and {driver} is installed"


def card_fault(capability: str, archs: Sequence[str]) -> str:
    """Return why a card is too old for a torch of these architectures, "" if it is not, or if that cannot be told.

    Code for a card runs on later ones of the same generation, and what is only compiled halfway ("compute_90") on all
    later ones.
    """
    own = _VERSION.fullmatch(capability)
    known = [match for arch in archs if (match := _ARCH.fullmatch(arch))]
    if own is None or not known:
        return ""
    major, minor = int(own[1]), int(own[2] or 0)
    for kind, built_major, built_minor in (match.groups() for match in known):
        older = (int(built_major), int(built_minor)) <= (major, minor)
        if older and (kind == "compute" or int(built_major) == major):
            return ""
    oldest = min((int(match[2]), int(match[3])) for match in known)
    return f"it has compute capability {capability}, and this torch is for {oldest[0]}.{oldest[1]} and newer ones"
