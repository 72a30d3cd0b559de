"""The cards of Qwen3-TTS and its three models."""

from msgspec import structs

from swarm.job.card import EngineCard, SettingCard, VoiceCard
from swarm.voice.qwen.files import CLONING, DESIGN, SPEAKERS

DESCRIBED = "described"  # the voice that the setting `description` describes
VOICES = (
    VoiceCard("ryan", "*", "lively, native in English", "male"),
    VoiceCard("aiden", "*", "American, clear, native in English", "male"),
    VoiceCard("serena", "*", "warm, native in Chinese", "female"),
    VoiceCard("vivian", "*", "bright, native in Chinese", "female"),
    VoiceCard("uncle_fu", "*", "low and mellow, native in Chinese", "male"),
    VoiceCard("dylan", "*", "young, native in the Chinese of Beijing", "male"),
    VoiceCard("eric", "*", "husky, native in the Chinese of Sichuan", "male"),
    VoiceCard("ono_anna", "*", "light, native in Japanese", "female"),
    VoiceCard("sohee", "*", "warm, native in Korean", "female"),
)
DESIGNED = VoiceCard(DESCRIBED, "*", "as --engine-option description=... says")
CARD = EngineCard(
    name="qwen",
    about="ten languages, nine voices, voices of recordings and described ones, on a GPU",
    languages=("de", "en", "es", "fr", "it", "ja", "ko", "pt", "ru", "zh"),
    scripts=(),
    limits=(("", 300), ("ja", 120), ("ko", 150), ("zh", 100)),
    voices=(*VOICES, DESIGNED),
    settings=(
        SettingCard("description", "", about='how the voice is or speaks, such as "a calm old man"'),
        SettingCard("repetition_penalty", 1.05, 1.0, 10.0, about="how much it avoids repeated sounds"),
        SettingCard("temperature", 0.9, 0.05, 5.0, about="how freely it chooses the sound"),
        SettingCard("top_k", 50, 1, 1000, about="among how many likely sounds it chooses"),
        SettingCard("top_p", 1.0, 0.01, 1.0, about="among what share of the likely sounds it chooses"),
    ),
    sample_rate=24_000,
    device="gpu",
    install="e2a-swarm engines install qwen",
    shortest=10,
    takes=3,
    batch=8,
    clones=True,
    casts=True,
    licence="Apache-2.0",
)
CARDS = {
    SPEAKERS: structs.replace(CARD, voices=VOICES, clones=False, model=SPEAKERS),
    CLONING: structs.replace(CARD, voices=(), casts=False, model=CLONING),
    DESIGN: structs.replace(CARD, voices=(DESIGNED,), clones=False, casts=False, model=DESIGN),
}
MAX_DESCRIPTION = 500
