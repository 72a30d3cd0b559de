"""Kokoro's voices, and blends of them."""

import re

from swarm.errors import UsageError
from swarm.job.card import VoiceCard

# The best of a language first, as its makers grade them.
_NAMES = """
af_heart af_bella af_nicole af_aoede af_kore af_sarah af_alloy af_nova af_sky af_jessica af_river
am_fenrir am_michael am_puck am_echo am_eric am_liam am_onyx am_santa am_adam
bf_emma bf_isabella bf_alice bf_lily bm_fable bm_george bm_daniel bm_lewis
ef_dora em_alex em_santa
ff_siwis
hf_alpha hf_beta hm_omega hm_psi
if_sara im_nicola
jf_alpha jf_gongitsune jf_nezumi jf_tebukuro jm_kumo
pf_dora pm_alex pm_santa
zf_xiaobei zf_xiaoni zf_xiaoxiao zf_xiaoyi zm_yunjian zm_yunxi zm_yunxia zm_yunyang
"""
_LANGUAGES = {"a": "en", "b": "en", "e": "es", "f": "fr", "h": "hi", "i": "it", "j": "ja", "p": "pt", "z": "zh"}
_ABOUT = {"a": "American", "b": "British", "p": "Brazilian"}
_GENDERS = {"f": "female", "m": "male"}
LICENCE = "Apache-2.0"
MAX_BLENDED = 8
_PART = re.compile(r"\s*([a-z]{2}_[a-z0-9]{1,30})\s*(?::\s*([0-9]{1,6}(?:\.[0-9]{0,6})?)\s*)?")

VOICES = tuple(
    VoiceCard(name, _LANGUAGES[name[0]], _ABOUT.get(name[0], ""), _GENDERS[name[1]]) for name in _NAMES.split()
)


def is_british(name: str) -> bool:
    """Return whether a voice, or the first of a blend, speaks British English."""
    return name.startswith("b")


def read_blend(name: str) -> dict[str, float]:
    """Return the shares of the voices in a blend such as "af_heart:0.6+am_adam:0.4"; they add up to 1.

    A voice without a number counts 1. Raises UsageError.
    """
    parts = [_PART.fullmatch(part) for part in name.lower().replace("-", "_").split("+", MAX_BLENDED - 1)]
    found: dict[str, float] = {}
    for part in parts:
        if part is None or part[1] not in _NAMES.split():
            raise UsageError(
                f"Kokoro has no voice {name[:100]!r}: `e2a-swarm voices` lists them; a blend of up to "
                f"{MAX_BLENDED} is written af_heart:0.6+am_adam:0.4."
            )
        found[part[1]] = found.get(part[1], 0.0) + float(part[2] or 1)
    whole = sum(found.values())
    if whole <= 0:
        raise UsageError(f"The blend {name[:100]!r} has no voice with a share above 0.")
    return {voice: share / whole for voice, share in found.items() if share}


def blend_name(blend: dict[str, float]) -> str:
    """Return the one name of a blend in recipes: equal blends have equal names."""
    if len(blend) == 1:
        return next(iter(blend))
    return "+".join(f"{voice}:{share:.4g}" for voice, share in blend.items())
