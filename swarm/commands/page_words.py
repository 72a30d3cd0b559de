"""What the page calls the options of a book: words of its own, and the values to choose from."""

from typing import NamedTuple

from swarm.commands.style_options import FORMATS, PAUSES, TAGS

Choices = tuple[tuple[str, str], ...]  # a value, and what it is called; "" for a value that explains itself


class PageWords(NamedTuple):
    """What the page says of an option."""

    label: str
    help: str
    choices: Choices = ()
    example: str = ""
    is_open: bool = False  # the choices are proposals: other values may be written


def _plain(*values: str) -> Choices:
    return tuple((value, "") for value in values)


GROUPS = {
    "sound": "The sound",
    "reading": "What is read",
    "options": "What is read",
    "file (changing these speaks nothing again)": "The files",
}
PAGE_WORDS = {
    "--voice": PageWords(
        "Voice", "One of the voices below. The engine's own is taken if nothing is chosen", example="heart"
    ),
    "--language": PageWords(
        "Language", "The code of a language. The text itself decides if nothing is chosen", example="de", is_open=True
    ),
    "--tts-engine": PageWords(
        "Engine", "The program that speaks. The language decides if nothing is chosen", example="kokoro", is_open=True
    ),
    "--speed": PageWords("Speed", "1 is the voice's own speed, 1.2 is a fifth faster"),
    "--dialogue-voice": PageWords(
        "Voice of dialogue", "Another voice for what stands in quotation marks", example="emma"
    ),
    "--one-engine": PageWords(
        "One engine", "Leave passages in other languages to the book's own engine, which reads them as well as it can"
    ),
    "--engine-option": PageWords("Settings of the engine", "A name and a value", example="temperature=0.7"),
    "--fine-tuned": PageWords("Model", "The name of another model of the engine", example="vits"),
    "--half": PageWords("Half precision", "On GPUs, for models that can: it takes less memory"),
    "--deepspeed": PageWords("DeepSpeed", "On GPUs with DeepSpeed, for models that can: it is faster"),
    "--credits": PageWords("Opening and closing", "Begin with title, authors and narrator, and end with them"),
    "--notes": PageWords(
        "Footnotes",
        "Whether notes are read, and where",
        (("skip", "leave them out"), ("inline", "where they are referred to"), ("end", "at the end of the chapter")),
    ),
    "--include": PageWords("Read also", "The title of a part that would be left out", example="Appendix"),
    "--exclude": PageWords("Leave out", "The title of a chapter", example="Preface"),
    "--ruby": PageWords(
        "Ruby", "How words with a reading beside them are read", (("base", "as written"), ("reading", "as beside them"))
    ),
    "--verse-numbers": PageWords(
        "Numbers of verses", "In scripture", (("say", "say them"), ("skip", "leave them out"))
    ),
    "--code": PageWords(
        "Code listings", "They are left out unless most of the book is code", (("skip", "leave out"), ("say", "read"))
    ),
    "--alt-text": PageWords("Descriptions of pictures", "Read them, where the book has some"),
    "--output-format": PageWords("Format", "M4B suits most players of audiobooks", _plain(*FORMATS)),
    "--split": PageWords(
        "Several files",
        "All is one file if nothing is chosen; hours may be other ones",
        (("chapter", "a file for each chapter"), ("3h", "about 3 hours"), ("6h", "about 6 hours")),
        example="6h",
        is_open=True,
    ),
    "--bitrate": PageWords(
        "Bitrate", "Kilobits a second", _plain("32k", "48k", "64k", "96k", "128k"), example="64k", is_open=True
    ),
    "--channels": PageWords(
        "Channels", "Stereo has the same sound on both sides", (("mono", "one, mono"), ("stereo", "two, stereo"))
    ),
    "--sample-rate": PageWords(
        "Sample rate",
        "In hertz; the voice's own suits most players",
        _plain("22050", "24000", "44100", "48000"),
        example="44100",
        is_open=True,
    ),
    "--loudness": PageWords(
        "Loudness",
        "In LUFS, by EBU R128",
        (
            ("-18", "usual"),
            ("-16", "loud"),
            ("-23", "of broadcasts"),
            ("acx", "for Audible's ACX"),
            ("off", "as spoken"),
        ),
        is_open=True,
    ),
    "--pause": PageWords(
        "Pauses",
        f"Seconds of silence after a {', '.join(PAUSES[:-2])}, or at the start of each file; vary=0 makes them equal",
        example="paragraph=0.8",
    ),
    "--title": PageWords("Title", "For the player, in place of the book's"),
    "--author": PageWords("Author", "For the player, in place of the book's"),
    "--narrator": PageWords("Narrator", "For the player, in place of the book's"),
    "--tag": PageWords(
        "More about the book",
        f"A kind and its text in place of the book's: {', '.join(TAGS)}. Without a text it is left out",
        example="genre=Poetry",
    ),
    "--keep-chapters": PageWords("Files of chapters", "Write a file of each chapter as soon as it is finished, too"),
    "--subtitles": PageWords(
        "Subtitles",
        "Write the text with its times, too",
        (("vtt", "WebVTT, for browsers"), ("srt", "SRT, for video players"), ("lrc", "LRC, for music players")),
    ),
    "--read-along": PageWords("Read along", "Write an EPUB with the sound, too: it marks each sentence that is heard"),
    "--read-along-words": PageWords(
        "Read along by words", "The same, with words marked where the voice tells their times"
    ),
    "--beside": PageWords(
        "Files beside the audiobook",
        "Several may be named, with commas between them",
        (("cover", "the cover"), ("opf", "what is known of the book, for Calibre"), ("cue", "the chapters")),
        example="cover,cue",
        is_open=True,
    ),
    "--report": PageWords(
        "Report", "What was spoken by which machine", (("json", "for programs"), ("html", "also a page with players"))
    ),
}
