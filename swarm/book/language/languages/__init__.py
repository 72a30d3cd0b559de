"""A folder for each language, found by its name: `fr/fr.py` holds `LANGUAGE`, the Language of French.

All that only one language needs lies in its folder.
"""
