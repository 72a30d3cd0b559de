"""A stand-in for servers with OpenAI's speech API, on loopback: it is strict, and fails in every way that it is told.

What it answers follows the published API and the behaviour of Kokoro-FastAPI, vLLM-Omni and LocalAI: lists of models
and voices, errors as JSON, WAV files whose length is a placeholder because they are streamed.
"""

import gzip
import io
import json
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import av
import numpy as np
import soundfile

KEY = "sk-stand-in-4711"
KINDS = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg", "pcm": "audio/pcm", "opus": "audio/ogg"}
FIELDS = {"model", "input", "voice", "response_format", "speed", "instructions", "stream_format", "seed", "language"}


class SpeechServerStandIn:
    """A fake speech server. `faults` are what requests for speech get first, one each."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.models: list[str] | None = ["kokoro", "tts-1"]
        self.voices: Any = {"voices": ["af_heart", "am_adam"]}
        self.key = ""
        self.rate, self.channels = 24_000, 1
        self.length: int | None = None  # a placeholder in the header of WAV files; None: the right one
        self.faults: list[str | int] = []
        self.retry_after = ""
        self.slow_s = 30.0
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.connections = 0
        self.stopped = threading.Event()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                fake.connections += 1

            def log_message(self, *arguments: Any) -> None:
                pass

            def do_GET(self) -> None:
                fake.paths.append(self.path)
                known = {"/v1/models": fake.models, "/v1/audio/voices": fake.voices}
                found = known.get(self.path.partition("?")[0])
                if not self._is_let_in():
                    return
                if self.path.startswith("/v1/models") and found is not None:
                    found = {
                        "object": "list",
                        "data": [{"id": name, "object": "model", "created": 0, "owned_by": "me"} for name in found],
                    }
                self.answer(404 if found is None else 200, {"detail": "Not Found"} if found is None else found)

            def do_POST(self) -> None:
                fake.paths.append(self.path)
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.asked.append(request)
                fake.headers.append({name.lower(): value for name, value in self.headers.items()})
                if fake.faults:
                    self._fail(fake.faults.pop(0), request)
                elif self._is_let_in():
                    self._speak(request)

            def _is_let_in(self) -> bool:
                if not fake.key or self.headers["Authorization"] == f"Bearer {fake.key}":
                    return True
                told = {"error": {"message": f"Incorrect API key: {self.headers['Authorization']}", "code": "invalid"}}
                self.answer(401, told)
                return False

            def _speak(self, request: dict[str, Any]) -> None:
                if self.path != "/v1/audio/speech" or (fake.models and request.get("model") not in fake.models):
                    self.answer(404, {"error": {"message": f"The model {request.get('model')} does not exist."}})
                elif unknown := request.keys() - FIELDS:
                    self.answer(400, {"error": {"message": f"Unrecognized request argument: {sorted(unknown)[0]}"}})
                elif "impossible" in request["input"]:
                    self.answer(422, {"detail": [{"loc": ["body", "input"], "msg": "This text cannot be spoken"}]})
                else:
                    kind = request.get("response_format", "mp3")
                    self.send(KINDS[kind], fake.sound(request["input"], kind))

            def _fail(self, fault: str | int, request: dict[str, Any]) -> None:
                kind = request.get("response_format", "wav")
                sound = fake.sound(request["input"], kind)
                match fault:
                    case int():
                        self.answer(fault, {"error": {"message": f"a fault of {fault}"}})
                    case "drop":
                        self.close_connection = True
                    case "slow":
                        fake.stopped.wait(fake.slow_s)
                        self.close_connection = True
                    case "drip":
                        self.head(200, "audio/wav", {"Content-Length": "100000"})
                        while not fake.stopped.wait(0.02):
                            self.wfile.write(b"R")
                    case "cut":
                        self.head(200, KINDS[kind], {"Content-Length": str(len(sound))})
                        self.wfile.write(sound[: len(sound) // 2])
                        self.close_connection = True
                    case "cut without a length":
                        self.head(200, KINDS[kind], {"Connection": "close"})
                        self.wfile.write(sound[: len(sound) // 2])
                        self.close_connection = True
                    case "html":
                        self.send("text/html; charset=utf-8", b"<html><h1>It works!</h1></html>")
                    case "json":
                        self.answer(200, {"error": "the model is not loaded"})
                    case "garbage":
                        self.send("application/octet-stream", b"\x00\x01garbage" * 50)
                    case "huge":
                        self._pour()
                    case "silence":
                        self.send("audio/wav", fake.wav(np.zeros(fake.rate, np.int16)))
                    case "empty":
                        self.send("audio/wav", b"")
                    case "redirect":
                        self.head(307, "text/plain", {"Location": "http://elsewhere.invalid/", "Content-Length": "0"})
                    case "gzip":
                        packed = gzip.compress(sound)
                        self.head(200, "audio/wav", {"Content-Encoding": "gzip", "Content-Length": str(len(packed))})
                        self.wfile.write(packed)
                    case "broken error":
                        self.head(400, "application/json", {"Content-Length": "6"})
                        self.wfile.write(b'{"er\xff[')

            def _pour(self) -> None:
                self.head(200, "audio/wav", {"Transfer-Encoding": "chunked"})
                piece = bytes(1 << 20)
                while not fake.stopped.is_set():
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")

            def answer(self, status: int, told: Any) -> None:
                body = json.dumps(told).encode()
                extra = {"Retry-After": fake.retry_after} if fake.retry_after and status != 200 else {}
                self.head(status, "application/json", {"Content-Length": str(len(body)), **extra})
                self.wfile.write(body)

            def send(self, kind: str, body: bytes) -> None:
                self.head(200, kind, {"Transfer-Encoding": "chunked"})
                for at in range(0, len(body), 20_000):
                    piece = body[at : at + 20_000]
                    self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                self.wfile.write(b"0\r\n\r\n")

            def head(self, status: int, kind: str, headers: dict[str, str]) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                pass  # clients leave in the middle here on purpose

        self._server = Server(("127.0.0.1", 0), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        """End the server."""
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()

    def sound(self, text: str, kind: str) -> bytes:
        """Return a tone of 60 ms a character, in a format."""
        times_s = np.arange(round(0.06 * len(text) * self.rate)) / self.rate
        tone = (np.sin(2 * np.pi * 220 * times_s) * 8000).astype(np.int16)
        wave = np.stack([tone, np.zeros_like(tone)], axis=1) if self.channels == 2 else tone
        if kind == "pcm":
            return wave.tobytes()
        if kind == "wav":
            return self.wav(wave)
        if kind in ("mp3", "opus"):
            return self._encoded(wave, kind)
        file = io.BytesIO()
        soundfile.write(file, wave, self.rate, format="FLAC", subtype="PCM_16")
        return file.getvalue()

    def _encoded(self, wave: "np.ndarray[Any, np.dtype[np.int16]]", kind: str) -> bytes:
        """Encode with PyAV, since libsndfile writes distorted stereo."""
        file, layout = io.BytesIO(), "stereo" if self.channels == 2 else "mono"
        with av.open(file, "w", format="ogg" if kind == "opus" else "mp3") as out:
            stream = out.add_stream("libopus" if kind == "opus" else "libmp3lame", rate=self.rate)
            stream.layout = layout  # type: ignore[attr-defined]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave.reshape(1, -1)), "s16", layout)
            frame.sample_rate = self.rate
            for packet in (*stream.encode(frame), *stream.encode(None)):  # type: ignore[attr-defined]
                out.mux(packet)
        return file.getvalue()

    def wav(self, wave: "np.ndarray[Any, np.dtype[np.int16]]") -> bytes:
        """Return a WAV file of some samples."""
        body = wave.tobytes()
        size = len(body) if self.length is None else self.length
        facts = struct.pack(
            "<IHHIIHH", 16, 1, self.channels, self.rate, self.rate * 2 * self.channels, 2 * self.channels, 16
        )
        riff = min(size + 36, 0xFFFFFFFF)
        return b"RIFF" + struct.pack("<I", riff) + b"WAVEfmt " + facts + b"data" + struct.pack("<I", size) + body


@contextmanager
def speech_server(tls: ssl.SSLContext | None = None) -> Iterator[SpeechServerStandIn]:
    """Run a stand-in."""
    server = SpeechServerStandIn(tls)
    try:
        yield server
    finally:
        server.close()
