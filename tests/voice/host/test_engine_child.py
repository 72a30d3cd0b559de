"""The memory that an engine's process takes and finds free: real on the cores, a fake of torch for a GPU."""

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import msgspec
import numpy as np
import psutil
import pytest
from msgspec import structs

from swarm.book.model.engine_text import mark_language, mark_manner, mark_voice
from swarm.system.serving import Frame
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host import engine_child
from swarm.voice.host.engine_child import Host, check_room, free_on, peak_on
from swarm.voice.host.other_voices import MAX_VOICES
from swarm.voice.host.registry import choose_recipe, find_card

LOADS = """
from swarm.voice.host.engine_child import send_no_usage_data
send_no_usage_data()
import onnxruntime
"""


@pytest.mark.skipif(not find_spec("onnxruntime"), reason="onnxruntime is not installed")
def test_a_library_that_would_send_usage_data_writes_nothing_for_it(tmp_path: Path) -> None:
    places = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    env = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name} | places
    subprocess.run([sys.executable, "-B", "-c", LOADS], env=env, check=True)
    assert not list(tmp_path.rglob("*"))


def test_what_the_user_decided_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    from swarm.voice.host.engine_child import send_no_usage_data

    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    monkeypatch.delenv("DO_NOT_TRACK", raising=False)
    monkeypatch.setenv("HF_HUB_DISABLE_TELEMETRY", "1")
    send_no_usage_data()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"
    assert os.environ.pop("DO_NOT_TRACK") == "1"


def ask(host: Host, **message: object) -> Frame:
    return host.handle({"lane": 0, **message})


@pytest.fixture
def host() -> Host:
    """Return a process's side with the metronome's first voice."""
    opened = Host()
    recipe = msgspec.to_builtins(choose_recipe("en", engine="metronome", settings={"cost_per_char": "0"}))
    call = {"call": "open", "engine": "swarm.voice.metronome.engine:engine", "recipe": recipe}
    assert "fault" not in ask(opened, **call, device="cpu:0", assets="")
    return opened


def sound_of(reply: Frame) -> bytes:
    assert "fault" not in reply, reply
    frame: bytes = reply["clips"][0]["frame"]
    return frame


def speak(host: Host, text: str) -> Frame:
    return ask(host, call="speak", lines=[[text, 1]])


def test_a_segment_with_a_voice_of_its_own_is_spoken_by_that(host: Host) -> None:
    plain = sound_of(speak(host, "A plain sentence."))
    other = sound_of(speak(host, mark_voice("A plain sentence.", "tock")))
    assert plain != other
    assert sound_of(speak(host, "A plain sentence.")) == plain
    assert sound_of(speak(host, mark_voice("A plain sentence.", "tick"))) == plain


def test_a_batch_of_several_voices_has_each_line_in_its_own(host: Host) -> None:
    texts = ["A.", mark_voice("A.", "tock"), "B.", mark_voice("B.", "tock")]
    reply = ask(host, call="speak", lines=[[text, 1] for text in texts])
    alone = [sound_of(speak(host, text)) for text in texts]
    assert [clip["frame"] for clip in reply["clips"]] == alone
    assert len(set(alone)) == 4


def test_few_voices_of_characters_are_kept_open(host: Host) -> None:
    for number in range(MAX_VOICES + 5):
        sound_of(speak(host, mark_voice("A plain sentence.", f"voice {number}")))
    assert len(host._others[0]._speakers) == MAX_VOICES


def test_a_manner_changes_settings_where_the_engine_can_and_nothing_elsewhere(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, shout = "A plain sentence.", mark_manner("A plain sentence.", "shout")
    assert sound_of(speak(host, shout)) == sound_of(speak(host, plain))
    card = structs.replace(find_card("metronome"), casts=False, manners=(("shout", "seconds_per_char", 0.13),))
    monkeypatch.setattr("swarm.voice.metronome.engine.engine.card", card)
    host._others[0]._speakers.clear()  # as in a process of the engine with that card
    long, short = (speak(host, text)["clips"][0]["info"]["samples"] for text in (shout, plain))
    assert long > 1.5 * short
    assert sound_of(speak(host, mark_manner(plain, "ask"))) == sound_of(speak(host, plain))


def test_an_engine_that_loads_a_model_for_each_voice_has_no_cast(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    card = structs.replace(find_card("metronome"), casts=False)
    monkeypatch.setattr("swarm.voice.metronome.engine.engine.card", card)
    reply = speak(host, mark_voice("A plain sentence.", "tock"))
    assert "one voice for a book only" in reply["message"]


def test_a_guest_speaks_in_the_process_of_another_engine_at_its_rate_and_speed() -> None:
    host = Host()
    for speed in ("1", "2"):
        recipe = msgspec.to_builtins(choose_recipe("en", engine="hibari", settings={"speed": speed}))
        call = {"call": "open", "engine": "swarm.voice.hibari.engine:engine", "recipe": recipe}
        assert "fault" not in ask(host, **call, device="cpu:0", assets="")
        letter = mark_voice(mark_language("Мой дорогой друг, я пишу вам из Москвы.", "ru"), "guest:ru;espeak;;ru")
        reply = speak(host, letter)
        info = reply["clips"][0]["info"]
        assert info["sample_rate"] == 24_000  # espeak's own is 22,050
        assert sound_of(speak(host, letter)) == sound_of(reply)
        lengths = (1.6, 3.5) if speed == "2" else (2.2, 6.0)
        assert lengths[0] / 2 < info["samples"] / 24_000 < lengths[1]


@pytest.mark.parametrize(
    ("guest", "fault"),
    [
        ("guest:fr;nobody;;x", "There is no engine 'nobody'"),
        ("guest:fr;espeak;;no such voice", "espeak has no voice 'no such voice'"),
        ("guest:fr;piper;no_model;x", "its model no_model is not on this machine"),
        ("guest:de;piper;de_DE-thorsten-medium;de_DE-thorsten-medium", "is not on this machine"),
        ("guest:fr;kokoro;kokoro-v1.0;ff_siwis", "its model kokoro-v1.0 is not on this machine"),
        ("guest:fr;coqui;;x", "it speaks beside no other engine"),
        ("guest:fr;chatterbox;;x", "it speaks beside no other engine"),
        ("guest:fr;metronome;;tick", "it speaks beside no other engine"),
        ("guest:fr;openai;x;alloy", "it speaks beside no other engine"),
    ],
)
def test_a_guest_that_cannot_be_opened_is_a_fault_of_its_sentence_alone(host: Host, guest: str, fault: str) -> None:
    reply = speak(host, mark_voice("Bonjour.", guest))
    assert (reply["fault"], fault in reply["message"]) == ("error", True), reply
    assert sound_of(speak(host, "A plain sentence."))


def fake_torch(free: int, reserved: int) -> ModuleType:
    torch = ModuleType("torch")
    torch.__spec__ = ModuleSpec("torch", None)
    torch.cuda = SimpleNamespace(  # type: ignore[attr-defined]
        mem_get_info=lambda device: (free, 24 * 10**9), max_memory_reserved=lambda device: reserved
    )
    return torch


def test_on_the_cores_the_peak_of_the_process_counts() -> None:
    before = peak_on("cpu:0")
    np.ones(before - psutil.Process().memory_info().rss + (64 << 20), np.uint8)
    assert peak_on("cpu:3") > before


def test_more_than_is_free_on_the_cores_is_refused_before_anything_is_loaded() -> None:
    check_room("cpu:0", 1000)
    with pytest.raises(
        EngineFault, match=r"cpu:0 does not have enough memory for this model: it took [0-9.]+ GB"
    ) as fault:
        check_room("cpu:0", 2 * int(free_on("cpu:0")))
    assert fault.value.kind is FaultKind.MEMORY


def test_on_a_gpu_torch_tells_both_and_cuda_takes_a_part_that_it_does_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torch", fake_torch(free=3 * 10**9, reserved=2 * 10**9))
    assert 2.4e9 < peak_on("cuda:0") < 2.6e9
    check_room("cuda:0", peak_on("cuda:0"))
    with pytest.raises(EngineFault, match=r"cuda:0 does not .* took 3\.1 GB before, 3\.0 GB are free"):
        check_room("cuda:0", 3_100_000_000)


def test_a_device_that_nobody_can_ask_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_child, "find_spec", lambda name: None)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    for device in ("mps", "cuda:0"):
        check_room(device, 1 << 60)
        assert peak_on(device) == 0
