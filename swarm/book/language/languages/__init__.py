"""A folder for each language, found by its name: `fr/__init__.py` holds `LANGUAGE`, the Language of French.

All that only one language needs lies in its folder.
"""
