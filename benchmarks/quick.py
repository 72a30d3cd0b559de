"""With what each benchmark takes seconds, to see that it runs: its figures then say nothing."""

MADE = "made.epub"  # in the place of a book: a tiny one, made for the run
QUICK: dict[str, list[str]] = {
    "single_machine": [MADE, "--workers", "1"],
    "encoding": ["--sentences", "3"],
    "reading": [MADE],
    "efficiency": ["--workers", "2", "--book", "made", "--characters", "12000", "--cost", "0.0003"],
    "crash": ["--workers", "4", "--characters", "15000", "--cost", "0.0004"],
    "restart": ["--book", "made", "--characters", "80000", "--cost", "0.0006"],
    "ingest": ["--sizes", "60", "--megabytes", "3", "--workers", "2"],
    "assets": ["--megabytes", "5", "--workers", "2", "--times", "1"],
    "memory": ["--characters", "4000", "--slots", "2", "--kinds", "feeders", "audiobook"],
    "idle": ["--seconds", "1"],
    "overhead": ["--characters", "8000", "--chapters", "20"],
    "finish": ["--characters", "6000", "--times", "0"],
    "ending": ["--hours", "0.5"],
    "coqui_speed": ["--tiny", "--slots", "1", "2", "--sentences", "1"],
}
