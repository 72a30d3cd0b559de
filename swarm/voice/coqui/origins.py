"""The repositories, vocoders and licences of Coqui's models, from Coqui's list, version 0.28."""

from fnmatch import fnmatchcase

_HUB = """
multilingual/multi-dataset/xtts_v2 tts-hub/XTTS-v2
multilingual/multi-dataset/xtts_v1.1 tts-hub/XTTS-v1
multilingual/multi-dataset/bark erogol/bark
en/ek1/tacotron2 tts-hub/tacotron2-en-ek1
en/ljspeech/tacotron2-DCA tts-hub/tacotron2_dca-en-ljspeech
en/sam/tacotron2-DCA tts-hub/tacotron2_dca-en-sam
en/multi-dataset/tortoise-v2 jbetker/tortoise-tts-v2
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
*/bark MIT
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
