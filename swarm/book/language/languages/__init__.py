"""A folder for each language, found by its name: `fr/__init__.py` holds `LANGUAGE`, the Language of French.

A code comes in, its Language goes out; all that only one language needs lies in its folder.
"""
