"""The cards of Qwen3-TTS and its three models, and their files, each at one commit of its repository."""

from msgspec import structs

from swarm.job.card import EngineCard, SettingCard, VoiceCard
from swarm.voice.model_download import RemoteFile, hub_url

SPEAKERS, CLONING, DESIGN = "qwen3-tts-customvoice", "qwen3-tts-base", "qwen3-tts-voicedesign"
# Of each model: its repository, the commit, size and SHA-256 of its config and of its weights.
_MODELS = {
    SPEAKERS: (
        "Qwen3-TTS-12Hz-1.7B-CustomVoice",
        "0c0e3051f131929182e2c023b9537f8b1c68adfe",
        (4_908, "17a07f527a1c25ea30b4e023a184482a23d3e279d697b1dc81b1bde498d29cf9"),
        (3_833_402_552, "38b1d5971bdbd982b561cccec982669a53b0537c3cf5e9bd4778ed07bb2f5137"),
    ),
    CLONING: (
        "Qwen3-TTS-12Hz-1.7B-Base",
        "fd4b254389122332181a7c3db7f27e918eec64e3",
        (4_494, "b4f01752d15a488abde3e1ab44723ae4f4b9e68a4037257b098b3737893cc1f9"),
        (3_857_413_744, "38fc7fc51c5e776e840414b6fd443962e9411b9654888fd7913e4da643cb857c"),
    ),
    DESIGN: (
        "Qwen3-TTS-12Hz-1.7B-VoiceDesign",
        "5ecdb67327fd37bb2e042aab12ff7391903235d3",
        (4_421, "aecd2cc4c1fe9edef1cb7ca7c401685a43879ad43f3f9e883f1c6760b61731e0"),
        (3_833_402_552, "391e8db219f292c515297cdceeb43e4eae67cdde35fa57e79a6a8a532fca0522"),
    ),
}
# The files that all three have alike.
_SHARED = {
    "generation_config.json": (245, "f1b90b4513f3b34c62851049e2492d7b4c5940daf1276f89c82b8ef04127f3aa"),
    "merges.txt": (1_671_839, "599bab54075088774b1733fde865d5bd747cbcc7a547c5bc12610e874e26f5e3"),
    "preprocessor_config.json": (127, "efdde1022ea9d76928bf7a9cd53139138f5ba2e466e837f08f6105ab1af1c119"),
    "speech_tokenizer/config.json": (2_336, "ee65bb901c876664ab8707c487157aa1a6ee57c65969b28fb5ec9dc211e68167"),
    "speech_tokenizer/configuration.json": (76, "6bc26d64eb5024b4d1dab5a52371958b429256d6c9d59787f1f5294a54e0cebd"),
    "speech_tokenizer/model.safetensors": (
        682_293_092,
        "836b7b357f5ea43e889936a3709af68dfe3751881acefe4ecf0dbd30ba571258",
    ),
    "speech_tokenizer/preprocessor_config.json": (
        234,
        "fcb3805e597e786d4067706e602f6688524640f8d3396790e2e09b5942fcbdfb",
    ),
    "tokenizer_config.json": (7_344, "dc3c31c3bdaedd5016382bb3cbe07323026775ad51f5a4fb564505992ae4a670"),
    "vocab.json": (2_776_833, "ca10d7e9fb3ed18575dd1e277a2579c16d108e32f27439684afa0e10b1440910"),
}


def files_of(model: str) -> tuple[RemoteFile, ...]:
    """Return the files of a model."""
    repository, commit, config, weights = _MODELS[model]
    known = {"config.json": config, "model.safetensors": weights, **_SHARED}
    return tuple(
        RemoteFile(name, f"{hub_url()}/Qwen/{repository}/resolve/{commit}/{name}", size, digest)
        for name, (size, digest) in known.items()
    )


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
    manners=(
        ("whisper", "description", "Speak in a whisper."),
        ("shout", "description", "Shout."),
        ("ask", "description", "Ask it as a question."),
    ),
)
CARDS = {
    SPEAKERS: structs.replace(CARD, voices=VOICES, clones=False, model=SPEAKERS),
    CLONING: structs.replace(CARD, voices=(), casts=False, manners=(), model=CLONING),
    DESIGN: structs.replace(CARD, voices=(DESIGNED,), clones=False, casts=False, model=DESIGN),
}
MAX_DESCRIPTION = 500
