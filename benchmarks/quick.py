"""Options with which each benchmark takes seconds, to show that it runs; its figures then mean nothing."""

TINY_BOOK = "made.epub"  # stands for a tiny book that is made for the run
QUICK: dict[str, list[str]] = {
    "single_machine": [TINY_BOOK, "--workers", "1", "--sample", "3"],
    "encoding": ["--book", TINY_BOOK, "--sentences", "3"],
    "reading": [TINY_BOOK],
    "efficiency": ["--workers", "2", "--book", "made", "--characters", "6000", "--cost", "0.0003"],
    "batches": ["--quick"],
    "crash": ["--workers", "2", "--characters", "8000", "--cost", "0.0004"],
    "restart": ["--book", "made", "--characters", "12000", "--cost", "0.0006", "--slots", "2"],
    "ingest": ["--sizes", "60", "--megabytes", "3", "--workers", "2"],
    "assets": ["--megabytes", "5", "--workers", "2", "--times", "1"],
    "memory": ["--characters", "2000", "--slots", "1", "--kinds", "feeders", "audiobook"],
    "idle": ["--seconds", "1"],
    "overhead": ["--characters", "1500", "--chapters", "3"],
    "finish": ["--characters", "800", "--times", "0"],
    "time_left": [TINY_BOOK, "--tts-engine", "metronome"],
    "said_forms": [],
    "ending": ["--hours", "0.1"],
    "many_books": ["--books", "2"],
    "many_jobs": ["--jobs", "5", "--sentences", "20"],
    "coqui_speed": ["--tiny", "--slots", "1", "--sentences", "1"],
    "xtts_batch": ["--tiny", "--tokens", "5", "--batches", "1", "2"],
    "vits_batch": ["--tiny", "--sentences", "2", "--batches", "1", "2"],
    "hearing": [TINY_BOOK, "--sentences", "1"],
}
