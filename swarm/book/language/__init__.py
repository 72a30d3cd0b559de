"""Languages: how they say what books write.

Texts and numbers come in, words go out; what belongs to one language lies in its folder in `languages/`.
"""
