"""One file for each language, found by its name: `fr.py` holds `LANGUAGE`, the Language of French."""
