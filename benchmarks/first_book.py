"""Converts a first small book in each language on a machine that has no voice of it, and says what came out.

Nobody names an engine. The hub is a server here with the files that could be had: Kokoro's styles, of npm's kokoro-js;
its weights come with the extra `kokoro`. Piper's are missing, so German, Dutch and Polish get what is there. The first
sound counts from the command to the first clip. Words are compared with what a recogniser hears, and DistillMOS rates
each clip, if they are here (engine_table.py tells which they are).

python benchmarks/first_book.py --styles package/voices --recogniser FOLDER
python benchmarks/first_book.py --styles package/voices --languages de fr
"""

import argparse
import functools
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from engine_table import NONE, errors, find_listener, find_rater
from process import CLI

from swarm.book.model.language_code import language_name
from swarm.voice.host.choice import quality_of
from swarm.voice.host.registry import find_card
from swarm.voice.kokoro.voices import VOICES, style_file
from swarm.voice.model_download import ENV_HUB, ENV_MODELS

AFTER_S = 0.1  # of the pause after a sentence, which a recogniser likes to hear
TEXTS = {
    "de": "Am Morgen lag Nebel über dem Fluss. Der Fährmann band sein Boot los und wartete auf die Kinder. "
    "Sie kamen spät, denn der Weg durch den Wald war nass. Niemand sprach ein Wort, bis das andere Ufer erreicht war.",
    "fr": "Le matin, la brume couvrait la rivière. Le passeur détacha sa barque et attendit les enfants. "
    "Ils arrivèrent tard, car le chemin de la forêt était mouillé. Personne ne parla avant l'autre rive.",
    "es": "Por la mañana la niebla cubría el río. El barquero soltó su barca y esperó a los niños. "
    "Llegaron tarde, porque el camino del bosque estaba mojado. Nadie habló hasta alcanzar la otra orilla.",
    "it": "Al mattino la nebbia copriva il fiume. Il barcaiolo sciolse la barca e aspettò i bambini. "
    "Arrivarono tardi, perché il sentiero nel bosco era bagnato. Nessuno parlò fino all'altra riva.",
    "pt": "De manhã a neblina cobria o rio. O barqueiro soltou o barco e esperou pelas crianças. "
    "Elas chegaram tarde, porque o caminho da floresta estava molhado. Ninguém falou até a outra margem.",
    "nl": "In de ochtend lag er mist over de rivier. De veerman maakte zijn boot los en wachtte op de kinderen. "
    "Ze kwamen laat, want het pad door het bos was nat. Niemand sprak een woord tot aan de andere oever.",
    "pl": "Rano mgła leżała nad rzeką. Przewoźnik odwiązał łódź i czekał na dzieci. "
    "Przyszły późno, bo droga przez las była mokra. Nikt nie powiedział ani słowa aż do drugiego brzegu.",
    "ja": "朝、川には霧がかかっていた。渡し守は舟をほどいて、子供たちを待った。"
    "森の道がぬれていたので、子供たちは遅れて来た。向こう岸に着くまで、だれも話さなかった。",
}


def serve(folder: Path, styles: Path) -> str:
    """Lay out Kokoro's styles as the hub has them, serve them, and return the address."""
    handler = functools.partial(Silent, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ[ENV_HUB] = url = f"http://127.0.0.1:{server.server_port}"
    for voice in VOICES:
        place = folder / style_file(voice.name).url.removeprefix(url).strip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((styles / f"{voice.name}.bin").read_bytes())
    return url


class Silent(http.server.SimpleHTTPRequestHandler):
    """Prints nothing about requests."""

    def log_message(self, *words: Any) -> None:
        """Print nothing."""


def convert(language: str, folder: Path) -> tuple[dict[str, Any], float]:
    """Convert the book of a language on a machine that has nothing; return the report and the seconds to sound."""
    book, home = folder / "book.txt", folder / "home"
    book.write_text(TEXTS[language], encoding="utf-8")
    line = [*CLI, "convert", str(book), "--language", language, "--output-dir", str(folder)]
    line += ["--output-format", "flac"]
    env = os.environ | {"E2A_SWARM_HOME": str(home), ENV_MODELS: str(folder / "models")}
    began_s = time.monotonic()
    running = subprocess.Popen(line, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while running.poll() is None and not list(home.glob("clips/**/*.flac")):
        time.sleep(0.05)
    first_s = time.monotonic() - began_s
    if running.wait():
        sys.exit(f"{language}: it ended with code {running.returncode}")
    [report] = folder.glob("*.report.json")
    return json.loads(report.read_text(encoding="utf-8")), first_s


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--styles", type=Path, required=True)
    parser.add_argument("--recogniser", type=Path, help="a folder of faster-whisper")
    parser.add_argument("--languages", nargs="+", default=list(TEXTS))
    given = parser.parse_args()
    rate = find_rater()
    print("| language | engine, voice | class | first sound after s | word error rate | DistillMOS |")
    print("| --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as hub:
        serve(Path(hub), given.styles)
        for language in given.languages:
            with tempfile.TemporaryDirectory() as folder:
                report, first_s = convert(language, Path(folder))
                sound, hertz = soundfile.read(Path(folder) / "book.flac", dtype="int16")
            recipe = report["recipe"]
            listener = find_listener(language, given.recogniser)
            heard, rated = NONE, NONE
            rows = report["segments"]
            cuts = [sound[int(row["at_s"] * hertz) : int((row["end_s"] + AFTER_S) * hertz)] for row in rows]
            if listener:
                heard_rows = zip(rows, cuts, strict=True)
                found = [errors(row["text"], listener.heard(cut, hertz), language) for row, cut in heard_rows]
                heard = f"{sum(wrong for wrong, _ in found) / sum(words for _, words in found):.3f}"
            if rate:
                rated = f"{np.mean([rate(cut, hertz) for cut in cuts]):.2f}"
            quality = quality_of(find_card(recipe["engine"]), language)
            name = f"{recipe['engine']}, {recipe['voice']}"
            print(f"| {language_name(language)} | {name} | {quality} | {first_s:.0f} | {heard} | {rated} |", flush=True)


if __name__ == "__main__":
    main()
