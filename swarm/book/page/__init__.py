"""A document becomes passages: every visible word once, in order.

Bytes of HTML, XHTML or plain text come in, passages with their places go out.
"""
