"""Coqui's models by name, with their repositories, vocoders and licences, and the models for ebook2audiobook's names.

From Coqui's list, version 0.28. Does not import torch."""

import re
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from swarm.book.model.language_code import language_name, long_code, normal_language
from swarm.errors import UsageError

XTTS = "tts_models/multilingual/multi-dataset/xtts_v2"
YOUR_TTS = "tts_models/multilingual/multi-dataset/your_tts"

# ebook2audiobook's names of engines. A name of _ONE_MODEL means that model, the others a model for each language.
ENGINES = ("xtts", "vits", "yourtts", "fairseq", "tacotron", "glowtts")
_ONE_MODEL = {"coqui": XTTS, "xtts": XTTS, "xttsv2": XTTS, "yourtts": YOUR_TTS}
_FAMILIES = {"vits": "vits", "glowtts": "glow-tts", "tacotron": "tacotron2", "tacotron2": "tacotron2"}
ONE_LANGUAGE = ("vits", "glowtts", "tacotron", "fairseq")  # engines whose models speak one language each
_REFUSED = re.compile(r"\A(?:bark|tortoise(?:v2)?)\Z")  # they would invent another voice for each sentence
_DEFAULT_WORDS = ("", "internal", "std")  # words of --fine-tuned that mean the default model in ebook2audiobook

# Coqui's list, version 0.28: language, data set, models. A family's first model in a language is its default there.
_LIST = """
multilingual multi-dataset xtts_v2 xtts_v1.1 your_tts
en ljspeech vits glow-tts tacotron2-DDC tacotron2-DDC_ph tacotron2-DCA speedy-speech vits--neon fast_pitch overflow
en ljspeech neural_hmm
en vctk vits fast_pitch
en ek1 tacotron2
en sam tacotron2-DCA
en blizzard2013 capacitron-t2-c50 capacitron-t2-c150_v2
en jenny jenny
bg cv vits
cs cv vits
da cv vits
et cv vits
ga cv vits
es css10 vits
es mai tacotron2-DDC
fr css10 vits
fr mai tacotron2-DDC
uk mai vits glow-tts
zh-CN baker tacotron2-DDC-GST
nl css10 vits
nl rdh tacotron2-DDC
de thorsten vits tacotron2-DDC tacotron2-DCA
de css10 vits-neon
ja kokoro tacotron2-DDC
tr common-voice glow-tts
it mai_female vits glow-tts
it mai_male vits glow-tts
ewe openbible vits
hau openbible vits
lin openbible vits
tw_akuapem openbible vits
tw_asante openbible vits
yor openbible vits
hu css10 vits
el cv vits
fi css10 vits
hr cv vits
lt cv vits
lv cv vits
mt cv vits
pl mai_female vits
pt cv vits
ro cv vits
sk cv vits
sl cv vits
sr custom vits
sv cv vits
ca custom vits
fa custom vits-female glow-tts
bn custom vits-male vits-female
be common-voice glow-tts
"""
A_FAIRSEQ = "tts_models/eng/fairseq/vits"  # an example of some 1100 models
_FAIRSEQ = re.compile(r"tts_models/[a-z]{3}[a-z0-9_-]{0,60}/fairseq/vits")


@cache
def known_models() -> tuple[str, ...]:
    """Return the models of Coqui's list, which leaves out fairseq's models for some 1100 languages."""
    rows = [line.split() for line in _LIST.strip().splitlines()]
    return tuple(f"tts_models/{language}/{data}/{model}" for language, data, *models in rows for model in models)


def is_coqui(engine: str) -> bool:
    """Return whether a name on the command line means one of Coqui's models."""
    return _plain(engine) in (*_ONE_MODEL, *_FAMILIES, "fairseq") or _REFUSED.match(_plain(engine)) is not None


def expect_supported(name: str) -> None:
    """Raise UsageError if an engine's name, or a model's, means one that is not spoken with."""
    if _REFUSED.match(_plain(name.rpartition("/")[2])):
        raise UsageError(
            f"{name[:100]}: Bark and Tortoise, which invent their voices, are not spoken with; "
            "use --tts-engine xtts, vits or fairseq."
        )


def choose_model(engine: str, language: str, fine_tuned: str = "") -> str:
    """Return the model for an engine's name, or the one that `fine_tuned` names. Raises UsageError."""
    if fine_tuned.strip().lower() not in _DEFAULT_WORDS:
        return _named(fine_tuned.strip(), "--fine-tuned ")
    expect_supported(engine)
    word = _plain(engine)
    if word in _ONE_MODEL:
        return _ONE_MODEL[word]
    if word == "fairseq":
        return f"tts_models/{long_code(language)}/fairseq/vits"
    return _of_family(word, language)


def find_listed(name: str, language: str = "") -> str:
    """Return the model for an engine's name, with a language if it has a model for each, or for a model's own name.

    Raises UsageError.
    """
    expect_supported(name)
    word = _plain(name)
    if word in _ONE_MODEL:
        return _ONE_MODEL[word]
    if not is_coqui(name):
        return _named(name, "")
    if not language:
        raise UsageError(f"{name} has a model for each language: choose one, as in --language fr.")
    return choose_model(name, normal_language(language))


@lru_cache(maxsize=1024)
def engine_of(model: str) -> str:
    """Return the engine's name that means a model, by itself or with the model's language; "" if none does."""
    for word in ENGINES:
        if _ONE_MODEL.get(word) == model or (word == "fairseq" and _FAIRSEQ.fullmatch(model)):
            return word
        if word in _FAMILIES and model in _of_each_language(word):
            return word
    return ""


@lru_cache(maxsize=1024)
def model_language(model: str) -> str:
    """Return the primary subtag of the one language that a model speaks; "" if its name tells none."""
    word = model.split("/")[1] if model.count("/") == 3 else "multilingual"
    try:
        return "" if word == "multilingual" else normal_language(word.partition("_")[0])
    except UsageError:
        return ""


def _plain(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def _named(name: str, option: str) -> str:
    expect_supported(name)
    found = [model for model in known_models() if name in (model, model.partition("/")[2], model.rpartition("/")[2])]
    if len(found) == 1:
        return found[0]
    if _FAIRSEQ.fullmatch(name):
        return name
    if found:
        raise UsageError(f"{option}{name} may be {' or '.join(found)}: give the whole name.")
    raise UsageError(
        f"{option}{name[:100]}: Coqui has no such model; give a name such as tts_models/en/jenny/jenny, "
        "or your own files with --custom-model. The fine-tuned models of ebook2audiobook are not included: "
        "download one, and name its folder with --custom-model."
    )


def _of_family(word: str, language: str) -> str:
    for model in _of_each_language(word):
        if model_language(model) == language:
            return model
    raise UsageError(
        f"{word} has no {language_name(language)} among Coqui's models: use --tts-engine xtts or fairseq, or a model "
        "of your own with --custom-model."
    )


@lru_cache(maxsize=64)
def _of_each_language(word: str) -> tuple[str, ...]:
    """Return a family's default model for each language."""
    models = [model for model in known_models() if model.rpartition("/")[2].startswith(_FAMILIES[word])]
    first = {model_language(model): model for model in reversed(models)}
    return tuple(first.values())


_HUB = """
multilingual/multi-dataset/xtts_v2 tts-hub/XTTS-v2
multilingual/multi-dataset/xtts_v1.1 tts-hub/XTTS-v1
en/ek1/tacotron2 tts-hub/tacotron2-en-ek1
en/ljspeech/tacotron2-DCA tts-hub/tacotron2_dca-en-ljspeech
en/sam/tacotron2-DCA tts-hub/tacotron2_dca-en-sam
es/mai/tacotron2-DDC tts-hub/tacotron2_ddc-es-mai
fr/mai/tacotron2-DDC tts-hub/tacotron2_ddc-fr-mai
zh-CN/baker/tacotron2-DDC-GST tts-hub/tacotron2_ddc_gst-zh-baker
nl/rdh/tacotron2-DDC tts-hub/tacotron2_ddc-flemish-rdh
de/thorsten/tacotron2-DCA tts-hub/tacotron2_dca-de-thorsten
ja/kokoro/tacotron2-DDC tts-hub/tacotron2_ddc-ja-kokoro
sr/custom/vits daremc86/sr-cv-vits
fa/custom/vits-female Kamtera/persian-tts-female-vits
"""
_VOCODERS = """
en/ek1/tacotron2 en/ek1/wavegrad
en/ljspeech/tacotron2-DDC en/ljspeech/hifigan_v2
en/ljspeech/tacotron2-DDC_ph en/ljspeech/univnet
en/ljspeech/glow-tts en/ljspeech/multiband-melgan
en/ljspeech/speedy-speech en/ljspeech/hifigan_v2
en/ljspeech/tacotron2-DCA en/ljspeech/multiband-melgan
en/ljspeech/fast_pitch en/ljspeech/hifigan_v2
en/ljspeech/overflow en/ljspeech/hifigan_v2
en/ljspeech/neural_hmm en/ljspeech/hifigan_v2
en/sam/tacotron2-DCA en/sam/hifigan_v2
en/blizzard2013/capacitron-t2-c50 en/blizzard2013/hifigan_v2
en/blizzard2013/capacitron-t2-c150_v2 en/blizzard2013/hifigan_v2
es/mai/tacotron2-DDC universal/libri-tts/fullband-melgan
fr/mai/tacotron2-DDC universal/libri-tts/fullband-melgan
uk/mai/glow-tts uk/mai/multiband-melgan
nl/rdh/tacotron2-DDC nl/mai/parallel-wavegan
de/thorsten/tacotron2-DCA de/thorsten/fullband-melgan
de/thorsten/tacotron2-DDC de/thorsten/hifigan_v1
ja/kokoro/tacotron2-DDC ja/kokoro/hifigan_v1
tr/common-voice/glow-tts tr/common-voice/hifigan
be/common-voice/glow-tts be/common-voice/hifigan
"""
# The first pattern that matches a model tells its licence.
_LICENCES = """
multilingual/multi-dataset/xtts_* CPML
*/your_tts CC BY-NC-ND 4.0
*/fairseq/vits CC BY-NC 4.0
en/vctk/fast_pitch CC BY-NC-ND 4.0
en/jenny/jenny its own
en/ljspeech/vits--neon BSD 3-clause
en/ljspeech/glow-tts MPL
en/ljspeech/tacotron2-DCA MPL
es/mai/* MPL
fr/mai/* MPL
uk/mai/glow-tts MIT
tr/* MIT
*/openbible/* CC BY-SA 4.0
be/* CC BY-SA 4.0
sr/* CC BY 4.0
ca/* CC BY 4.0
fa/custom/glow-tts CC BY 4.0
fa/custom/vits-female OpenRAIL
uk/mai/vits BSD 3-clause
pl/* BSD 3-clause
*/css10/* BSD 3-clause
*/cv/vits BSD 3-clause
* Apache 2.0
"""


def _pairs(table: str) -> list[tuple[str, str]]:
    rows = [line.partition(" ") for line in table.strip().splitlines()]
    return [(left, right) for left, _, right in rows]


# The repositories of the models that are in Hugging Face's cache. The other models are in Coqui's own cache.
HUB = {f"tts_models/{model}": repository for model, repository in _pairs(_HUB)}
# The vocoders of the models that make only spectrograms.
VOCODERS = {f"tts_models/{model}": f"vocoder_models/{vocoder}" for model, vocoder in _pairs(_VOCODERS)}
LICENCES = _pairs(_LICENCES)


def licence_of(model: str) -> str:
    """Return the licence of a model of Coqui's list or of fairseq."""
    name = model.partition("/")[2]
    return next(licence for pattern, licence in LICENCES if fnmatchcase(name, pattern))
